"""What a file is shows in its first bytes; its name says nothing.

The order is the table below. What is none of these is one mail.
"""

import gzip
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from whybounce.given import UTF_8, UTF_16
from whybounce.sources.archive import read_archive
from whybounce.sources.mail import Mail, unreadable
from whybounce.sources.marked import behind_utf8_mark, utf16_as_utf8
from whybounce.sources.mbox import read_mbox
from whybounce.sources.outlook import read_outlook
from whybounce.sources.single import LONGEST_MAIL, read_single
from whybounce.sources.stream import Allowance, CutShortError, Readable, head, pieces

_HEAD = 512
_TAR = slice(257, 262)  # POSIX.1-1988 ustar: where its magic stands.


def mails_in(source: str, file: Readable) -> Iterator[Mail]:
    """Yield the mails in an open file, whatever kind of file it is. Never raises on its bytes."""
    return _mails_in(source, file, _KINDS)


def _mails_in(
    source: str, file: Readable, kinds: "tuple[Kind, ...]", allowance: Allowance | None = None
) -> Iterator[Mail]:
    try:
        first = head(file, _HEAD)
    except CutShortError as trouble:
        yield unreadable(source, str(trouble))
        return
    for magic, read in kinds:
        if first.startswith(magic):
            yield from read(source, file, allowance)
            return
    if first[_TAR] == b"ustar":
        yield unreadable(source, "is a tar archive; unpack it and read the folder")
        return
    yield read_single(source, pieces(file, allowance))


def _mbox(source: str, file: Readable, allowance: Allowance | None) -> Iterator[Mail]:
    return read_mbox(source, pieces(file, allowance))


def _outlook(source: str, file: Readable, allowance: Allowance | None) -> Iterator[Mail]:
    """Outlook's files are read here and there, so one from a pipe or an archive is held whole."""
    if allowance is None and file.seekable():
        yield read_outlook(source, cast("BinaryIO", file))
        return
    whole = read_single(source, pieces(file, allowance))
    if whole.raw is None or len(whole.raw) == LONGEST_MAIL:
        yield whole
        return
    yield read_outlook(source, io.BytesIO(whole.raw), whole.defects)


def _gzip(source: str, file: Readable, _: Allowance | None) -> Iterator[Mail]:
    packed = _Counted(file)
    with gzip.GzipFile(fileobj=cast("BinaryIO", packed)) as unpacked:
        yield from _mails_in(source, unpacked, _PACKED, Allowance(lambda: packed.count))


def _zip(source: str, file: Readable, _: Allowance | None) -> Iterator[Mail]:
    if not file.seekable():
        yield unreadable(source, "a zip archive cannot be read from a pipe; give its path")
        return
    yield from read_archive(source, cast("BinaryIO", file), _member)


def _member(source: str, file: Readable, allowance: Allowance) -> Iterator[Mail]:
    return _mails_in(source, file, _PACKED, allowance)


def _behind_mark(source: str, file: Readable, allowance: Allowance | None) -> Iterator[Mail]:
    return _mails_in(source, behind_utf8_mark(file), _TEXTS, allowance)


def _utf16(source: str, file: Readable, allowance: Allowance | None) -> Iterator[Mail]:
    return _mails_in(source, utf16_as_utf8(file), _TEXTS, allowance)


def _archive_inside(source: str, _file: Readable, _: Allowance | None) -> Iterator[Mail]:
    yield unreadable(source, "an archive inside an archive is not opened; unpack it first")


class _Counted:
    """A packed file that counts how much of it was read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.count += len(data)
        return data


Kind = tuple[bytes, Callable[[str, Readable, Allowance | None], Iterator[Mail]]]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # With members, and without.
_GZIP = b"\x1f\x8b"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB §2.2.

_TEXTS: tuple[Kind, ...] = ((b"From ", _mbox),)
_MARKED: tuple[Kind, ...] = ((UTF_8, _behind_mark), *((mark, _utf16) for mark in UTF_16))

_KINDS: tuple[Kind, ...] = (
    *((magic, _zip) for magic in _ZIP),
    (_GZIP, _gzip),
    (_COMPOUND_FILE, _outlook),
    *_MARKED,
    *_TEXTS,
)
_PACKED: tuple[Kind, ...] = (
    *((magic, _archive_inside) for magic in (*_ZIP, _GZIP)),
    (_COMPOUND_FILE, _outlook),
    *_MARKED,
    *_TEXTS,
)
