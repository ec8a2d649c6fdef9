"""Octets that have arrived and wait to be used, and the lines among them.

What a line is does not depend on how its octets arrived: every bound is on the line, none on a piece.
"""

from enum import Enum, auto


class LineFault(Enum):
    """Why there is no line to be had."""

    TOO_LONG = auto()  # It ended, beyond its bound; what it said is gone.
    BARE = auto()  # It ended with LF alone: whose line end is that? RFC 5321 §2.3.8.
    ENDLESS = auto()  # It does not end within any reason.


class Incoming:
    """A buffer. Whoever fills it looks at its length and stops in time."""

    def __init__(self) -> None:
        self.octets = bytearray()
        self._searched = 0  # No LF stands before this place.
        self._dropped = 0  # Octets of the present line that were too many to keep.

    def __len__(self) -> int:
        return len(self.octets)

    def take(self, most: int) -> bytes:
        """Remove and return up to ``most`` octets from the front."""
        taken = bytes(self.octets[:most])
        del self.octets[:most]
        self._searched = 0
        return taken

    def clear(self) -> None:
        """Drop everything."""
        self.octets.clear()
        self._searched = self._dropped = 0

    def line(self, longest: int, endless: int) -> bytes | LineFault | None:
        """Remove and return the next line without its CR LF; None where it has not ended yet.

        Lines over ``longest`` octets are dropped, over ``endless`` they are given up; both count
        the line end.
        """
        if not self.octets:
            return None
        end = self.octets.find(b"\n", self._searched)
        if end < 0:
            return self._wait(longest, endless)
        length = self._dropped + end + 1
        is_bare = self.octets[end - 1 : end] != b"\r"
        line = self.take(end + 1)
        self._dropped = 0
        if length > endless:
            return LineFault.ENDLESS
        if is_bare:
            return LineFault.BARE
        return LineFault.TOO_LONG if length > longest else line[:-2]

    def _wait(self, longest: int, endless: int) -> LineFault | None:
        kept = len(self.octets)
        if self._dropped + kept > endless:
            self.clear()
            return LineFault.ENDLESS
        if self._dropped + kept > longest:
            # The last octet stays: it may be the CR of the line's end.
            self._dropped += kept - 1
            del self.octets[:-1]
        self._searched = len(self.octets)
        return None
