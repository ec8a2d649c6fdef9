"""What Windows' programs mark with its encoding is read as it was before they touched it."""

import gzip
import io
from codecs import BOM_UTF16_BE

import pytest
from hypothesis import given, strategies as st

from whybounce.given import without_mark
from whybounce.sources.kinds import mails_in
from whybounce.sources.marked import utf16_as_utf8

MAIL = "Subject: Grüße\r\n\r\n550 5.1.1 Empfänger unbekannt 📭\r\n"
BOX = f"From anna Thu Jan  1 00:00:00 2026\r\n{MAIL}\r\n" * 2
MARKED = {
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-8-sig": lambda text: text.encode("utf-8-sig"),
}


def read(raw: bytes) -> list[tuple[str, str]]:
    """Return where each mail stands, and its text."""
    file = io.BufferedReader(io.BytesIO(raw))
    return [(mail.source, (mail.raw or b"").decode()) for mail in mails_in("file", file)]


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["bare", "gzip"])
@pytest.mark.parametrize("marked", MARKED.values(), ids=MARKED)
def test_a_marked_mail_or_mbox_is_what_it_was(marked, packed):
    """The mark is gone and the letters are there, also in a packed file."""
    assert read(packed(marked(MAIL))) == [("file", MAIL)]
    assert [source for source, _ in read(packed(marked(BOX)))] == ["file#1", "file#2"]


@pytest.mark.parametrize("marked", MARKED.values(), ids=MARKED)
def test_a_whole_text_loses_its_mark_likewise(marked):
    """As files do, so does what is held at once."""
    assert without_mark(marked(MAIL)).decode() == MAIL
    assert without_mark(MAIL.encode()).decode() == MAIL


class _Dripping(io.RawIOBase):
    """Gives one byte at a time, as slow pipes may."""

    def __init__(self, raw: bytes) -> None:
        self._raw = io.BytesIO(raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        piece = self._raw.read(1)
        memoryview(buffer)[: len(piece)] = piece
        return len(piece)


def test_half_a_letter_waits_for_its_other_half():
    """A piece that ends in the middle of one is not the end of the file."""
    file = io.BufferedReader(_Dripping(MAIL.encode("utf-16")), 1)

    assert utf16_as_utf8(file).read(-1).decode() == MAIL


@given(st.binary(max_size=300))
def test_no_bytes_behind_a_mark_make_reading_raise(raw):
    """A letter that is none becomes the one that says so; both ways give the same."""
    marked = BOM_UTF16_BE + "Subject: ".encode("utf-16-be") + raw

    assert read(marked) == [("file", without_mark(marked).decode())]
