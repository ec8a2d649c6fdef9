"""Files that begin with a mark of their encoding, as PowerShell and Windows' editor write them.

A mail has no such mark. What stands behind it is the mail, and in UTF-16 every letter of it takes
two bytes; so the mark is taken away, and UTF-16 becomes UTF-8. Nothing raises on the bytes: what is
no letter becomes U+FFFD.
"""

import io
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, cast

from whybounce.given import UTF_8
from whybounce.sources.stream import Readable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 65_536


def behind_utf8_mark(file: Readable) -> Readable:
    """Return the file, now behind its mark."""
    file.read(len(UTF_8))
    return file


def utf16_as_utf8(file: Readable) -> Readable:
    """Return the file's letters in UTF-8, one piece after the other."""
    return cast("Readable", io.BufferedReader(_InUtf8(file), _PIECE))


class _InUtf8(io.RawIOBase):
    """Reads UTF-16, gives UTF-8."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._decoder = getincrementaldecoder("utf-16")("replace")
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        while not self._ready and not self._ended:
            piece = self._file.read1(_PIECE)
            self._ended = not piece
            self._ready = self._decoder.decode(piece, self._ended).encode("utf-8", "replace")
        room = memoryview(buffer).cast("B")
        given, self._ready = self._ready[: len(room)], self._ready[len(room) :]
        room[: len(given)] = given
        return len(given)
