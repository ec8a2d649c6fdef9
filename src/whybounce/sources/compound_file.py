"""Properties in a compound file, as Outlook stores them. MS-CFB, MS-OXMSG §2.

Rule 1: what the file claims of itself is held against its size before anything is believed.
Rule 2: only what is asked for is read. A property that is missing or damaged is None; the others
can still be read.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import BinaryIO

from olefile import OleFileIO

# MS-OXCDATA §2.11.1: types of properties.
_STRING, _STRING8, _BINARY, _TIME, _INTEGER = 0x001F, 0x001E, 0x0102, 0x0040, 0x0003

_MESSAGE_CODE_PAGE, _INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
_CODE_PAGES = {65001: "utf-8", 20127: "ascii", 28591: "latin-1", 28592: "iso8859-2",
               28605: "iso8859-15", 50220: "iso2022_jp", 51932: "euc_jp", 51949: "euc_kr"}  # fmt: skip

# MS-OXMSG §2.4: a header whose length depends on the object, then rows of type, id, flags, value.
_HEADERS = {"": 32, "__substg1.0_3701000D": 24}
_HEADER_OF_PARTS = 8
_ROW = struct.Struct("<HHI8s")
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

# MS-CFB §2.2: the header says how large sectors and small sectors are, and how many sectors its
# three tables take.
_HEADER = struct.Struct("<30xHH10xI16xI4xI")
_SECTORS = (9, 12)
_SMALL_SECTORS = 6

_LONGEST_STREAM = 16 * 1024**2

# What olefile raises on damaged files, its own errors (of OSError) among it.
_DAMAGED = (
    OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error,
    RecursionError,
)  # fmt: skip


class DamagedError(Exception):
    """The file is no compound file, or no longer one."""


class Properties:
    """The properties of a message, a recipient or an attachment, and what stands below it."""

    def __init__(
        self, ole: "OleFileIO[str]", path: tuple[str, ...], code_page: str | None = None
    ) -> None:
        self._ole = ole
        self._path = path
        self._code_page = code_page

    def text(self, tag: int) -> str | None:
        """Return a string, whether it is stored as Unicode or in a code page."""
        if (wide := self._stream(tag, _STRING)) is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        if (narrow := self._stream(tag, _STRING8)) is not None:
            return self.decoded(narrow).rstrip("\0")
        return None

    def binary(self, tag: int) -> bytes | None:
        """Return bytes as they are stored."""
        return self._stream(tag, _BINARY)

    def time(self, tag: int) -> datetime | None:
        """Return a time in UTC."""
        ticks = self._fixed(tag, _TIME)
        with suppress(OverflowError):
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        return None

    def integer(self, tag: int) -> int | None:
        """Return a number of 32 bits."""
        value = self._fixed(tag, _INTEGER)
        return value & 0xFFFFFFFF if value is not None else None

    def decoded(self, raw: bytes) -> str:
        """Decode by the code page that the message names; never fails."""
        try:
            return raw.decode(self._encoding, "replace")
        except LookupError:
            return raw.decode("latin-1")

    def below(self, prefix: str) -> Iterator["Properties"]:
        """Yield what is stored below under names that begin so: recipients, attachments."""
        with suppress(*_DAMAGED):
            depth = len(self._path)
            for path in self._ole.listdir(streams=False, storages=True):
                if (
                    len(path) == depth + 1
                    and tuple(path[:depth]) == self._path
                    and path[depth].startswith(prefix)
                ):
                    yield Properties(self._ole, tuple(path), self._encoding)

    def _stream(self, tag: int, kind: int) -> bytes | None:
        return self._read(f"__substg1.0_{tag:04X}{kind:04X}")

    def _read(self, name: str) -> bytes | None:
        path = [*self._path, name]
        try:
            if not self._ole.exists(path) or self._ole.get_size(path) > _LONGEST_STREAM:
                return None
            return bytes(self._ole.openstream(path).read())
        except _DAMAGED:
            return None

    def _fixed(self, tag: int, kind: int) -> int | None:
        return self._rows.get((tag, kind))

    @cached_property
    def _rows(self) -> dict[tuple[int, int], int]:
        stored = self._read("__properties_version1.0") or b""
        rows = stored[_HEADERS.get(self._path[-1] if self._path else "", _HEADER_OF_PARTS) :]
        whole = len(rows) - len(rows) % _ROW.size
        return {
            (tag, kind): int.from_bytes(value, "little")
            for kind, tag, _, value in _ROW.iter_unpack(rows[:whole])
        }

    @cached_property
    def _encoding(self) -> str:
        page = self.integer(_MESSAGE_CODE_PAGE) or self.integer(_INTERNET_CODE_PAGE)
        if page is None:
            return self._code_page or "cp1252"
        return _CODE_PAGES.get(page, f"cp{page}")


def properties_of(file: BinaryIO) -> Properties:
    """Return the properties of the file's own message.

    Raises:
        DamagedError: It is no compound file, or claims what cannot be.

    """
    try:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        sectors, small_sectors, *tables = _HEADER.unpack(file.read(_HEADER.size))
        if sectors not in _SECTORS or small_sectors != _SMALL_SECTORS:
            raise DamagedError("its header is not that of a compound file")
        if sum(tables) << sectors > size:
            raise DamagedError("its header claims more than the file holds")
        file.seek(0)
        ole = OleFileIO(file)
        if ole.root.size > size:  # type: ignore[union-attr]  # the stub does not know it
            raise DamagedError("its directory claims more than the file holds")
    except _DAMAGED as error:
        raise DamagedError(str(error)) from None
    return Properties(ole, ())
