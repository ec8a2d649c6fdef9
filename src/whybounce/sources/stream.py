"""Bytes from a file, piece by piece, whatever packs them; trouble is one plain sentence.

Rule 1: nothing is held but the piece in hand.
Rule 2: every way in which a file, a gzip stream or an archive's member can fail ends in
``CutShortError``, after all that could be had was handed out.
"""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

_PIECE = 262_144

# What may come out of one packed file: a hundred times what went in, but a small one may do more.
_MOST_FOR_EACH_BYTE = 100
_ALWAYS_ALLOWED = 2 * 1024**3


class Readable(Protocol):
    """What open files, standard input, gzip streams and members of archives have in common."""

    def read(self, size: int, /) -> bytes:
        """Return that many bytes, fewer only at the end."""

    def read1(self, size: int, /) -> bytes:
        """Return what can be had at once, at most that many bytes; none at the end."""

    def peek(self, size: int, /) -> bytes:
        """Return about that many bytes without taking them."""

    def seekable(self) -> bool:
        """Say whether one can go back in it."""


class CutShortError(Exception):
    """The bytes end before they should; the words say why."""


class TooMuchError(CutShortError):
    """What is packed unpacks to more than anyone's mail."""

    def __init__(self) -> None:
        super().__init__(
            f"unpacks to more than {_ALWAYS_ALLOWED // 1024**3} GiB and {_MOST_FOR_EACH_BYTE} times"
            " its size; the rest was not read"
        )


class Allowance:
    """How much may come out of one packed file: told how much went in, it counts what comes out."""

    def __init__(self, packed_size: Callable[[], int]) -> None:
        self._packed_size = packed_size
        self._unpacked = 0

    def take(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            TooMuchError: More came out than may.

        """
        self._unpacked += size
        if self._unpacked > max(_ALWAYS_ALLOWED, _MOST_FOR_EACH_BYTE * self._packed_size()):
            raise TooMuchError


def pieces(file: Readable, allowance: Allowance | None = None) -> Iterator[bytes]:
    """Yield the file's bytes in pieces of at most 256 KiB.

    Raises:
        CutShortError: Something failed; what was yielded before is good.

    """
    while piece := _without_trouble(file.read1, _PIECE):
        if allowance is not None:
            allowance.take(len(piece))
        yield piece


def head(file: Readable, size: int) -> bytes:
    """Return the first bytes, at most ``size`` of them, without taking them.

    Raises:
        CutShortError: Not even those can be read.

    """
    return _without_trouble(file.peek, size)[:size]


def _without_trouble(read: Callable[[int], bytes], size: int) -> bytes:
    try:
        return read(size)
    except EOFError:
        raise CutShortError("the packed file is cut off; this is what it held") from None
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise CutShortError(f"the packed file is damaged ({error})") from None
    except OSError as error:
        raise CutShortError(f"cannot be read: {error.strerror or error}") from None
