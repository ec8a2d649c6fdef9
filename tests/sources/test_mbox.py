"""Mailboxes in one file: where one mail ends and the next begins."""

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from whybounce.sources.mbox import read_mbox
from whybounce.sources.single import LONGEST_MAIL
from whybounce.sources.stream import CutShortError

POSTMARK = b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n"


def mail(number: int, body: bytes = b"words\n") -> bytes:
    """Return a small mail."""
    return b"Subject: mail %d\n\n" % number + body


def sent(box: bytes, size: int = 262_144) -> list[bytes | None]:
    """Return the mails of the box, read in pieces of that size."""
    return [found.raw for found in read_mbox("box", cut(box, size))]


def cut(box: bytes, size: int) -> Iterator[bytes]:
    """Cut into pieces."""
    return (box[at : at + size] for at in range(0, len(box), size))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_each_mail_comes_as_it_was_sent(line_end):
    """Without the lines that part them, with any of the three line ends."""
    box = b"".join(POSTMARK + mail(number) + b"\n" for number in range(3))

    assert sent(box.replace(b"\n", line_end)) == [
        (mail(number) + b"\n").replace(b"\n", line_end) for number in range(3)
    ]


def test_mails_are_numbered_and_a_lone_one_is_not():
    """What holds one mail is that mail, whatever line stands on top."""
    two = read_mbox("box", iter([POSTMARK + mail(1) + b"\n" + POSTMARK + mail(2)]))

    assert [found.source for found in two] == ["box#1", "box#2"]
    assert [found.source for found in read_mbox("a.eml", iter([POSTMARK + mail(1)]))] == ["a.eml"]


def test_prose_that_begins_with_from_splits_nothing():
    """Neither after an empty line nor before what looks like a field."""
    body = b"hello\n\nFrom here on it is easy.\nFrom now: on\nFrom Anna\n\n"

    assert sent(POSTMARK + mail(1, body)) == [mail(1, body)]


def test_a_separator_needs_a_date_or_an_empty_line_before_it():
    """Old boxes lack the one or the other."""
    undated = b"From anna\n" + mail(1) + b"\nFrom berta\n" + mail(2)
    unparted = POSTMARK + mail(1) + POSTMARK + mail(2)

    assert sent(undated) == [mail(1) + b"\n", mail(2)]
    assert sent(unparted) == [mail(1), mail(2)]


def test_one_mark_of_quoting_is_taken_away():
    """In the way of mboxrd, which takes that of mboxo for its own."""
    quoted = b">From Anna\n>>From Berta\nsaid >From Clara\n"

    assert sent(POSTMARK + mail(1, quoted)) == [
        mail(1, b"From Anna\n>From Berta\nsaid >From Clara\n")
    ]


def test_a_box_that_is_cut_off_gives_what_it_held():
    """The last mail as far as it came, with the reason."""

    def failing() -> Iterator[bytes]:
        yield POSTMARK + mail(1) + b"\n" + POSTMARK + b"Subject: half"
        raise CutShortError("the disk is broken")

    first, last = read_mbox("box", failing())

    assert (first.raw, first.defects) == (mail(1) + b"\n", ())
    assert last.raw == b"Subject: half"
    assert [defect.what for defect in last.defects] == ["the disk is broken"]


def test_a_mail_longer_than_any_is_cut_and_the_next_one_is_found():
    """Memory stays bounded: a box of 160 MiB takes no more than twice its longest mail."""

    def box() -> Iterator[bytes]:
        yield POSTMARK + mail(1) + b"\n" + POSTMARK + b"Subject: long\n\n"
        line = b"x" * 1023 + b"\n"
        for _ in range(160):
            yield line * 1024
        yield b"\n" + POSTMARK + mail(3)

    tracemalloc.start()
    found = [(len(each.raw), each.defects) for each in read_mbox("box", box())]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [size for size, _ in found] == [
        len(mail(1)) + 1,
        LONGEST_MAIL - len(POSTMARK),
        len(mail(3)),
    ]
    assert "64 MiB" in found[1][1][0].what
    assert peak < 3.5 * LONGEST_MAIL


bodies = st.lists(
    st.sampled_from(
        [
            b"From x\n",
            b">From x\n",
            b"From x Mon Jan  1 00:00:00 2026\n",
            b"To: y\n",
            b"\n",
            b"words\n",
        ]
    )
).map(b"".join)


@given(st.lists(bodies, min_size=1, max_size=4), st.integers(1, 200))
def test_what_was_quoted_on_the_way_in_comes_out_as_it_was(texts, size):
    """Written as mboxrd, read in pieces of any size: the same mails, in the same order."""

    def quoted(body: bytes) -> bytes:
        lines = body.splitlines(keepends=True)
        return b"".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines
        )

    mails = [mail(number, body) + b"\n" for number, body in enumerate(texts)]
    box = b"".join(
        POSTMARK + mail(number, quoted(body)) + b"\n" for number, body in enumerate(texts)
    )

    assert sent(box, size) == mails


@given(st.binary(max_size=400).map(lambda raw: b"From " + raw), st.integers(1, 64))
def test_no_bytes_make_it_raise_and_nothing_is_lost(raw, size):
    """Whatever stands in the box comes out, but for separators and marks of quoting."""
    found = sent(raw, size)

    assert found
    assert sum(len(each) for each in found) <= len(raw)
