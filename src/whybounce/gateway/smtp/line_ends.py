"""CR LF at the end of every line, and neither of them anywhere else. RFC 5321 §2.3.8."""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


def has_bare(piece: bytes) -> bool:
    """Whether a CR or LF stands alone in a piece that does not end between the two."""
    feeds = piece.count(b"\n")
    return not (feeds == piece.count(b"\r\n") == piece.count(b"\r"))


def mended(piece: bytes) -> bytes:
    """Return such a piece with CR LF for each CR and LF that stood alone."""
    return _LINE_END.sub(b"\r\n", piece)


class Uncut:
    """Moves the cuts between pieces, so that none ends between CR and LF."""

    def __init__(self) -> None:
        self._held = b""

    def piece(self, octets: bytes) -> bytes:
        """Return what can be looked at now."""
        octets = self._held + octets
        self._held = b"\r" if octets.endswith(b"\r") else b""
        return octets.removesuffix(b"\r")

    def rest(self) -> bytes:
        """Return what was held back, when nothing more comes."""
        held, self._held = self._held, b""
        return held
