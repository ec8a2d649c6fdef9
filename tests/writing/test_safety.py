"""Nothing that a stranger wrote becomes markup, a field, or a notice without end."""

import re
from datetime import datetime, timedelta, timezone
from email import message_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

import whybounce
from notices import ORIGINAL, delayed, diagnosed, failed, text_of
from strict_report import parse, violations
from whybounce.catalogue import catalogue
from whybounce.vocabulary.notice import NoticeError, NullSenderError
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Hop, Kind

EVIL = "<script>alert(1)</script>\r\nBcc: eve@example.com\r\n\r\n\u202egpj.exe\u2066\x00\x1b[31m"
STYLES = ("modern", "classic")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "time",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    ],
    ids=["the-first-day", "the-last-day"],
)
def test_a_time_at_the_end_of_the_calendar_is_told_as_it_is(style, time):
    """In another zone it would stand in a year that there is not."""
    outcome = failed(action=Action.DELAYED, will_retry_until=time, last_attempt=time)
    diagnosis = diagnosed(outcome, kind=Kind.DELAY, arrival_date=time, date=time)
    notice = text_of(whybounce.write(diagnosis, original=ORIGINAL, style=style))

    assert style == "classic" or f"{time:%m-%d %H:%M}" in notice


@pytest.mark.parametrize("style", STYLES)
def test_a_strangers_words_stay_words(style):
    """In the reply, the addresses, the hosts, the subject, the header and the settings."""
    outcome = failed(
        f"anna{EVIL}@example.org",
        f"550 5.1.1 {EVIL}",
        f"mx{EVIL}.example.org",
        original_recipient=f"team{EVIL}@example.org",
    )
    original = ORIGINAL.replace(b"Quarterly numbers", EVIL.replace("\r\n", " ").encode())
    diagnosis = diagnosed(outcome, envelope_id=f"id{EVIL}", hops=(Hop(EVIL, EVIL, EVIL, None),))

    notice = whybounce.write(
        diagnosis,
        original=original,
        style=style,
        organisation=EVIL,
        to=f"bob{EVIL}@alpine.example",
        contact=EVIL,
    )

    entity = parse(notice)
    html = text_of(notice, "html")
    assert violations(notice, unicode=True) == []
    assert not entity.all("bcc")
    assert [len(child.all("bcc")) for child in entity.children] == [0, 0, 0]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not _BIDI.search(html + text_of(notice))
    assert "\x1b" not in html + text_of(notice)


@pytest.mark.parametrize("style", STYLES)
def test_nothing_remote_and_nothing_that_runs(style):
    """No image, no link to a stranger's page, no form, no handler."""
    reply = "550 5.7.1 See https://evil.example/login and <img src=https://evil.example/x.gif>"
    html = text_of(
        whybounce.write(diagnosed(failed(reply=reply)), original=ORIGINAL, style=style), "html"
    )

    assert not re.search(r"<(?:img|script|iframe|form|input|link|object|video|svg)\b", html)
    assert not re.search(r"\son\w+=|url\(|@import|javascript:", html, re.IGNORECASE)
    assert not re.search(r"(?:href|src|background|action)\s*=\s*[\"']", html)


def test_a_boundary_that_stands_in_the_original_is_not_used():
    """Even if somebody could foresee it."""
    first = message_from_bytes(whybounce.write(diagnosed(failed()), original=ORIGINAL))
    boundary = first.get_boundary().encode()
    original = ORIGINAL + b"\r\n--" + boundary + b"--\r\n"

    notice = whybounce.write(diagnosed(failed()), original=original)

    assert message_from_bytes(notice).get_boundary().encode() != boundary
    assert violations(notice) == []
    assert original in notice


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "outcomes",
    [
        [failed(f"member{number}@example.org") for number in range(10_000)],
        [
            failed(f"{number}{'&' * 300}@example.org", f"550 5.1.1 {number} {'<' * 900}")
            for number in range(300)
        ],
        [
            failed(f"m{number}@example{number}.org", reply)
            for number, reply in enumerate(rule.seen[0] for rule in catalogue().rules)
        ],
        [delayed(f"{'日本' * 9}{number}@example.org") for number in range(1_000)],
    ],
    ids=["ten-thousand", "nothing-but-brackets", "every-cause", "three-octets-a-letter"],
)
def test_a_notice_stays_small_enough_to_be_shown(outcomes, style):
    """HTML of 60 kB; Gmail clips near 102. The machine part names everybody."""
    notice = whybounce.write(diagnosed(*outcomes), original=ORIGINAL, style=style)
    part = next(
        leaf for leaf in message_from_bytes(notice).walk() if leaf.get_content_type() == "text/html"
    )

    assert violations(notice) == []
    assert len(part.get_payload(decode=True)) <= 60_000
    assert len(part.get_payload().encode()) <= 90_000
    assert notice.count(b"\r\nFinal-Recipient: ") == len(outcomes)


def test_a_huge_header_is_cut():
    """Ten megabytes of header are no reason to send ten megabytes back."""
    original = b"X-Long: " + b"a" * 900 + b"\r\n"
    notice = whybounce.write(diagnosed(failed()), original=ORIGINAL[:-30] + original * 10_000)

    assert violations(notice) == []
    assert len(notice) < 130_000


@example(b"\x01" * 26 + b"\x80", "", "", "modern")  # One line that has to be broken, and no end.
@given(st.binary(max_size=400), st.text(max_size=60), st.text(max_size=60), st.sampled_from(STYLES))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_original_breaks_a_rule(original, recipient, reply, style):
    """Whatever bytes it is made of, and whatever recipient and server say."""
    outcome = failed(f"a{recipient}@example.org", f"550 5.1.1 {reply}")

    notice = whybounce.write(
        diagnosed(outcome), original=original, style=style, to="bob@alpine.example"
    )

    assert violations(notice, unicode=True) == []


def test_nobody_is_told_about_a_message_without_return_path():
    """RFC 5321 §4.5.5: a report never causes a report."""
    original = ORIGINAL.replace(b"Return-Path: <bob@alpine.example>", b"Return-Path: <>")

    with pytest.raises(NullSenderError, match="empty"):
        whybounce.write(diagnosed(failed()), original=original)
    with pytest.raises(NullSenderError):
        whybounce.write(diagnosed(failed()), original=ORIGINAL, to="<>")


@pytest.mark.parametrize(
    ("diagnosis", "options", "says"),
    [
        (diagnosed(), {}, "no outcomes"),
        (diagnosed(failed(), kind=Kind.COMPLAINT), {}, "of the kind complaint"),
        (diagnosed(failed(recipient=None)), {}, "outcome 1 of the report names no recipient"),
        (diagnosed(failed(), generator=None), {}, "no generator"),
        (diagnosed(failed()), {}, "nobody is named"),
        (
            diagnosed(failed(last_attempt=None), date=None),
            {"to": "bob@alpine.example"},
            "no date",
        ),
    ],
)
def test_what_is_missing_is_named(diagnosis, options, says):
    """One sentence. No clock is read where no date is known."""
    with pytest.raises(NoticeError, match=says):
        whybounce.write(diagnosis, **options)


def test_any_known_date_will_do():
    """That of the last attempt, where nothing later is known."""
    notice = whybounce.write(diagnosed(failed(), date=None), to="bob@alpine.example")

    assert notice.startswith(b"Date: Sun, 01 Mar 2026 12:00:05 +0000\r\n")
