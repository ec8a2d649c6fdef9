"""Twenty thousand damaged bounces: whatever happens to a mail, reading it ends in an answer.

The damage is drawn from a seed, which is printed. The same seed does the same damage:

    WHYBOUNCE_SEED=7 pytest tests/reading/test_mutations.py

The bounces beside this file were written for it; where the labelled corpora lie beside the
checkout, their mails are damaged too.
"""

import os
import random
import re
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.wire import diagnosis_as_dict
from whybounce.wording import Speaker

SEED = int(os.environ.get("WHYBOUNCE_SEED", "3464"))

BOUNCES = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "mutated").glob("*")}
CORPORA = Path(__file__).parents[3] / "shared" / "corpus"
MAILS = [BOUNCES[name] for name in sorted(BOUNCES)] + [
    path.read_bytes()
    for corpus in ("sisimai-dev", "flufl-dev")
    for path in sorted((CORPORA / corpus / "eml").glob("*"))
]
SPEAKER = Speaker(catalogue())

CHARSETS = (
    "x-unknown", "hex", "zlib", "rot13", "idna", "punycode", "unicode_escape", "utf-7", "undefined", "utf-16",
    "iso-2022-jp", "raw_unicode_escape", "mbcs", "\u0000", "a" * 300, "utf-8\\", "cp037",
)  # fmt: skip
ENCODINGS = ("base64", "quoted-printable", "x-uuencode", "8bit", "binary", "BASE64 ", "base64; x")
LINE_ENDS = (b"\n", b"\r\n", b"\r", b"\n\r", b"\r\r\n", b"\x0b", b"\xe2\x80\xa8", b"")

Damage = Callable[[random.Random, bytes], bytes]


def cut(draw: random.Random, raw: bytes) -> bytes:
    """End the mail anywhere."""
    return raw[: draw.randrange(len(raw) + 1)]


def beheaded(draw: random.Random, raw: bytes) -> bytes:
    """Begin it anywhere."""
    return raw[draw.randrange(len(raw) + 1) :]


def flipped(draw: random.Random, raw: bytes) -> bytes:
    """Turn some bits over."""
    damaged = bytearray(raw)
    for _ in range(draw.choice((1, 3, 30, 300))):
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def overwritten(draw: random.Random, raw: bytes) -> bytes:
    """Put bytes that mean something to a reader where they mean something else."""
    marks = (b"\x00", b"\xff", b"@", b"<", b">", b":", b";", b"->", b"#", b"=?", b"=\n", b'"', b"(", b"--", b"\n\n", b"{recipient}")  # fmt: skip
    pieces: list[bytes] = []
    at = 0
    for place in sorted(draw.randrange(len(raw) + 1) for _ in range(draw.choice((1, 5, 50)))):
        pieces += [raw[at:place], draw.choice(marks) * draw.choice((1, 1, 2, 9, 1000))]
        at = min(place + draw.randrange(4), len(raw))
    return b"".join([*pieces, raw[at:]])


def spliced(draw: random.Random, raw: bytes) -> bytes:
    """Put a piece of another mail into this one."""
    other = draw.choice(MAILS)
    begin, end = sorted(draw.randrange(len(other) + 1) for _ in range(2))
    at, on = sorted(draw.randrange(len(raw) + 1) for _ in range(2))
    return raw[:at] + other[begin:end] + raw[draw.choice((at, on)) :]


def reordered(draw: random.Random, raw: bytes) -> bytes:
    """Lose, repeat and exchange lines."""
    lines = raw.splitlines(keepends=True) or [raw]
    for _ in range(draw.choice((1, 5, 50))):
        at = draw.randrange(len(lines))
        lines[at : at + 1] = draw.choice(([], lines[at : at + 1] * 2, [draw.choice(lines)]))
        lines = lines or [b""]
    return b"".join(lines)


def ended_otherwise(draw: random.Random, raw: bytes) -> bytes:
    """End the lines in ways nobody agreed on, all alike or each by itself."""
    lines = raw.splitlines()
    if draw.random() < 0.5:
        return draw.choice(LINE_ENDS).join(lines)
    return b"".join(line + draw.choice(LINE_ENDS) for line in lines)


def misbounded(draw: random.Random, raw: bytes) -> bytes:
    """Damage the lines between the parts, or what the header says of them."""

    def damaged(line: re.Match[bytes]) -> bytes:
        said = line[0]
        ways = (said, b"", said + b"--", said[:-1], said * 2, b" " + said, said.rstrip(b"-"))
        return draw.choice((said.upper(), *ways))

    return re.sub(rb"^--[^\s]+|boundary=[^\s;]+", damaged, raw, flags=re.MULTILINE)


def mislabelled(draw: random.Random, raw: bytes) -> bytes:
    """Call charsets, encodings and types what they are not."""
    charset = draw.choice(CHARSETS).encode("utf-8")
    raw = re.sub(rb"charset=[^\s;]+", lambda _: b"charset=" + charset, raw, flags=re.IGNORECASE)
    encoding = b"Content-Transfer-Encoding: " + draw.choice(ENCODINGS).encode()
    if draw.random() < 0.5:
        raw = re.sub(
            rb"^Content-Transfer-Encoding:.*$",
            lambda _: encoding,
            raw,
            flags=re.IGNORECASE | re.MULTILINE,
        )
    else:
        raw = re.sub(
            rb"^Content-Type:",
            lambda field: encoding + b"\n" + field[0],
            raw,
            flags=re.IGNORECASE | re.MULTILINE,
        )
    words = f"=?{draw.choice(CHARSETS)}?{draw.choice('bBqQx')}?=ff=80AAAA?=".encode()
    return re.sub(rb"(?<=^Subject: ).*$", lambda _: words * 3, raw, flags=re.MULTILINE)


def with_nulls(draw: random.Random, raw: bytes) -> bytes:
    """Put a NUL behind every so many bytes; behind each one, it looks like UTF-16."""
    step = draw.choice((1, 7, 400))
    return b"\x00".join(raw[at : at + step] for at in range(0, len(raw), step))


def nested(draw: random.Random, raw: bytes) -> bytes:
    """Wrap it into mails and multiparts, many levels deep."""
    around = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n",
        b"Content-Type: message/rfc822\n\nX-Level: %d.%d\n",
        b"Content-Type: multipart/report; boundary=same\n\n--same\nX-Level: %d.%d\n",
    )
    levels = range(draw.choice((2, 15, 300)))
    return b"".join(draw.choice(around) % (level, level) for level in levels) + raw


SMALL: dict[Damage, int] = {
    cut: 3000,
    beheaded: 1500,
    flipped: 3000,
    overwritten: 2500,
    spliced: 3500,
    reordered: 2000,
    ended_otherwise: 1500,
    misbounded: 1500,
    mislabelled: 1200,
    with_nulls: 300,
    nested: 600,
}


def test_twenty_thousand_is_no_boast():
    """The numbers beside the damages add up."""
    assert sum(SMALL.values()) >= 20_000


def test_the_seed_is_printed(capsys):
    """Whoever sees a failure elsewhere can have it at home."""
    with capsys.disabled():
        print(f"\nWHYBOUNCE_SEED={SEED}")  # noqa: T201  # see above
    assert f"WHYBOUNCE_SEED={SEED}".endswith(str(SEED))


@pytest.mark.parametrize("damage", SMALL, ids=lambda damage: damage.__name__)
def test_a_damaged_bounce_is_answered(damage: Damage):
    """Read, explained and written as JSON, in time that fits its size."""
    draw = random.Random(f"{SEED} {damage.__name__}")  # noqa: S311  # damage must come again
    for number in range(SMALL[damage]):
        raw = damage(draw, draw.choice(MAILS))
        if draw.random() < 0.1:
            raw = draw.choice(list(SMALL))(draw, raw or b"-")
        check_answer(raw, f"WHYBOUNCE_SEED={SEED}, {damage.__name__} number {number}")


def large() -> Iterator[tuple[str, bytes]]:
    """Yield mails of which one thing is far too long or far too many."""
    head = b"From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail Returned to Sender\n"
    address = b"<anna@example.org>: "
    report = BOUNCES["postfix-report"]
    recipient = b"Final-Recipient: rfc822; a%d@example.org\nAction: failed\nStatus: 5.1.1\n\n"
    status = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
    mixed = b"Content-Type: multipart/mixed; boundary=x\n\n"
    yield "a header line of 1 MB", b"X-Long: " + b"a" * 1_000_000 + b"\n" + report
    yield (
        "a Subject of 1 MB",
        report.replace(b"Subject: ", b"Subject: " + b"=?utf-8?q?a?= " * 66_000),
    )
    yield (
        "a To of 1 MB",
        report.replace(b"To: chris", b"To: " + b"a@example.net, " * 66_000 + b"chris"),
    )
    yield (
        "a Received of 1 MB",
        report.replace(b"Received: ", b"Received: " + b"(from by with " * 70_000),
    )
    yield "a Date of 1 MB", report.replace(b"Date: ", b"Date: " + b"1 Nov 2026 " * 90_000)
    yield "a Content-Type of 1 MB", report.replace(b"boundary=", b"boundary= " * 100_000)
    yield "a header of 1 MB in folds", b"X-Long: " + b"a\n " * 330_000 + b"\n" + report
    yield "100,000 fields", b"A: b\n" * 100_000 + report
    yield "no line end", report.replace(b"\n", b" ") * 300
    yield "line ends only", b"\r\n" * 500_000
    yield "10,000 parts", head + mixed + b"--x\n\na\n" * 10_000
    yield "10,000 reports", head + mixed + (b"--x\n" + status + recipient % 1) * 10_000
    yield (
        "10,000 originals",
        head + mixed + b"--x\nContent-Type: message/rfc822\n\nA: b\n\n" * 10_000,
    )
    yield "10,000 recipients", head + status + b"".join(recipient % n for n in range(10_000))
    yield (
        "10,000 recipients in prose",
        head + b"\n" + b"".join(b"<a%d@b.example>: no\n" % n for n in range(10_000)),
    )
    yield "1,000 levels", b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 1_000 + report
    yield "1,000 mails in mails", b"Content-Type: message/rfc822\n\n" * 1_000 + report
    yield "a quote of 1 MB", head + b"\n" + b"> " * 400_000 + address + b"550 5.1.1 unknown\n"
    yield "1 MB of addresses", head + b"\n" + b"a@example.org " * 70_000
    yield "1 MB of one address", head + b"\n" + b"a@" * 500_000
    yield "1 MB of arrows", head + b"\n" + address + b"550 " + b"-> " * 330_000
    yield "1 MB of brackets", head + b"\n" + address + b"<#" * 500_000
    yield "1 MB of tags", head + b"Content-Type: text/html\n\n" + b"<a <b " * 160_000
    yield "1 MB of scripts", head + b"Content-Type: text/html\n\n" + b"<script>" * 125_000
    yield "1 MB of entities", head + b"Content-Type: text/html\n\n" + b"&lt;&#x110000;" * 70_000
    yield "1 MB of JSON", head + b'\n{"notificationType":' + b"[" * 1_000_000
    yield "1 MB of delimiters", head + mixed + b"--x" * 330_000
    yield "1 MB of dashes", head + b"\n" + b"-" * 1_000_000 + b" original message"
    yield "1 MB of blanks", head + b"\n" + b" " * 1_000_000 + address
    yield "1 MB of blank lines", head + b"\n" + b" \n" * 500_000 + address
    yield "1 MB of quotation marks", head + b"\n" + address + b"550 '" + b"'\"" * 500_000
    yield "1 MB in Japanese", head + b"\n" + "宛先不明 ".encode() * 77_000
    yield "1 MB of base64", head + b"Content-Transfer-Encoding: base64\n\n" + b"PGFubmFA" * 125_000
    yield "1 MB of NULs", head + b"\n" + b"\x00" * 1_000_000


LARGE = dict(large())


@pytest.mark.parametrize("what", LARGE)
def test_what_is_far_too_much_is_answered(what: str):
    """No quadratic time, and memory of the order of the mail and of what it says."""
    tracemalloc.start()
    try:
        written = check_answer(LARGE[what], what)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10 * len(LARGE[what]) + 4 * len(written) + 20_000_000


@pytest.mark.parametrize("name", sorted(BOUNCES))
def test_line_ends_make_no_difference(name: str):
    """LF, CRLF and bare CR are the same bounce."""
    raw = BOUNCES[name]
    answers = {answer(raw.replace(b"\n", end)) for end in (b"\n", b"\r\n", b"\r")}

    assert len(answers) == 1


REPORTS = sorted(name for name, raw in BOUNCES.items() if b"delivery-status\n" in raw)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_cut_after_its_machine_part_loses_no_outcome(name: str):
    """What came through is read; what was cut off was not about the recipients."""
    raw = BOUNCES[name]
    whole = whybounce.read(raw)
    end = machine_part_end(raw)

    assert whole.outcomes
    for at in range(end, len(raw)):
        assert whybounce.read(raw[:at]).outcomes == whole.outcomes, raw[end:at]


def machine_part_end(raw: bytes) -> int:
    """Return where the last line of the delivery-status part ends."""
    part = re.search(rb"^Content-Type: message/(?:global-)?delivery-status\n", raw, re.MULTILINE)
    delimiter = raw.index(b"\n--", part.end())
    return len(raw[:delimiter].rstrip(b"\n"))


def answer(raw: bytes) -> bytes:
    """Return what ``whybounce read --json`` prints."""
    return msgspec.json.encode(diagnosis_as_dict(whybounce.diagnose(raw), catalogue(), SPEAKER))


def check_answer(raw: bytes, which: str) -> bytes:
    """Hold that there is an answer, that it is whole, and that it took no absurd time; return it."""
    start = time.process_time()
    try:
        diagnosis = whybounce.diagnose(raw)
        written = msgspec.json.encode(diagnosis_as_dict(diagnosis, catalogue(), SPEAKER))
    except Exception as error:
        raise AssertionError(f"{which}: {error!r} on {raw[:300]!r}") from error
    took = time.process_time() - start

    report = diagnosis.report
    assert len(report.outcomes) == len(diagnosis.explanations), which
    assert report.outcomes or report.defects, which
    assert all(one.cause in catalogue().causes for one in diagnosis.explanations), which
    assert len(written) < 1_000_000 + 40 * len(raw) + 10_000 * len(report.outcomes), which
    # A guard against hanging, not a measure of speed: a busy machine passes, quadratic time does not.
    slower = 5 if sys.gettrace() else 1  # Where lines are counted, for the coverage.
    assert took < slower * (5 + 10 * len(raw) / 1e6), f"{which} took {took:.1f} s"
    return written
