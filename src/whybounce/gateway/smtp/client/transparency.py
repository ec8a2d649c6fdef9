"""A message's octets on their way out: dots doubled for DATA, chunks counted for BDAT.

Whatever a sink hands over, no CR or LF leaves alone, and a message ends with a line end.
"""

from whybounce.gateway.smtp.line_ends import Uncut, has_bare, mended

_LINE_END = b"\r\n"


class _Clean:
    """Pieces without CR or LF alone, and whether they end a line."""

    def __init__(self) -> None:
        self._uncut = Uncut()
        self.tail = _LINE_END  # The last octets so far; an empty message needs no line end.

    def piece(self, octets: bytes) -> bytes:
        return self._mended(self._uncut.piece(octets))

    def end(self) -> bytes:
        rest = self._mended(self._uncut.rest())
        return rest if self.tail == _LINE_END else rest + _LINE_END

    def _mended(self, piece: bytes) -> bytes:
        if has_bare(piece):
            piece = mended(piece)
        self.tail = (self.tail + piece)[-2:]
        return piece


class Dots:
    """DATA: RFC 5321 §4.5.2."""

    def __init__(self) -> None:
        self._clean = _Clean()

    def piece(self, octets: bytes) -> bytes:
        """Return the octets with a second dot before each that begins a line."""
        before = self._clean.tail
        return self._doubled(before, self._clean.piece(octets))

    def end(self) -> bytes:
        """Return what ends the message."""
        before = self._clean.tail
        return self._doubled(before, self._clean.end()) + b".\r\n"

    @staticmethod
    def _doubled(before: bytes, piece: bytes) -> bytes:
        return (before + piece).replace(b"\r\n.", b"\r\n..")[len(before) :]


class Chunks:
    """BDAT: RFC 3030 §2."""

    def __init__(self) -> None:
        self._clean = _Clean()

    def piece(self, octets: bytes) -> bytes:
        """Return the octets as a chunk; nothing where there is nothing to count yet."""
        piece = self._clean.piece(octets)
        return b"BDAT %d\r\n%b" % (len(piece), piece) if piece else b""

    def end(self, octets: bytes = b"") -> bytes:
        """Return these octets and the end as the last chunk."""
        piece = self._clean.piece(octets) + self._clean.end()
        return b"BDAT %d LAST\r\n%b" % (len(piece), piece)
