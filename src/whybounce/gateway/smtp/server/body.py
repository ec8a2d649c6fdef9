"""A message's octets on their way in: DATA with its dots, BDAT with its counts. RFC 5321 §4.5.2.

Rule 1: CR LF . CR LF ends a message that came by DATA. Nothing else does, whatever the setting.
Rule 2: what comes out has CR LF at the end of every line and no CR, LF or NUL elsewhere. A message
that has them otherwise is refused, or mended where the settings say so; it never passes as it is.
Rule 3: a flaw is found at the latest when the octets are handed on, and from then on none are.
"""

from enum import IntEnum, auto

from whybounce.gateway.smtp.line_ends import Uncut, has_bare, mended
from whybounce.gateway.smtp.server.incoming import Incoming
from whybounce.gateway.smtp.server.settings import LineEnds, NulOctets

_END = b"\r\n.\r\n"
_DOT = b"\r\n."  # A line that begins with a dot.


class Flaw(IntEnum):
    """Why a message is refused for its octets; the greatest of several is told."""

    NUL = auto()
    BARE = auto()  # CR or LF alone.
    TOO_LARGE = auto()


class BodyCheck:
    """Lets a message's octets pass, piece by piece, until a flaw shows."""

    def __init__(self, most: int, line_ends: LineEnds, nul_octets: NulOctets) -> None:
        self.flaw: Flaw | None = None
        self.octets = 0  # Arrived so far, without transparency's dots: RFC 1870 §5.
        self._most = most
        self._refuses_bare = line_ends is LineEnds.REFUSE
        self._refuses_nul = nul_octets is NulOctets.REFUSE

    def mend_line_ends(self) -> None:
        """Mend from now on what the settings refuse."""
        self._refuses_bare = False

    def passed(self, piece: bytes) -> bytes:
        """Return what may be handed on of a piece that does not end between CR and LF."""
        self.octets += len(piece)
        if self.octets > self._most:
            self.flaw = Flaw.TOO_LARGE
            return b""
        if has_bare(piece):
            piece = mended(piece)
            self._note(Flaw.BARE, is_refused=self._refuses_bare)
        if b"\0" in piece:
            piece = piece.replace(b"\0", b"")
            self._note(Flaw.NUL, is_refused=self._refuses_nul)
        return b"" if self.flaw else piece

    def _note(self, flaw: Flaw, *, is_refused: bool) -> None:
        if is_refused:
            self.flaw = max(self.flaw or flaw, flaw)


class DotReader:
    """Reads what comes after 354."""

    def __init__(self, check: BodyCheck, incoming: Incoming) -> None:
        self.check = check
        self.is_complete = False
        self.is_dropped = False  # Nobody holds its chunks any more.
        self._incoming = incoming
        # The line end of the DATA command itself: a dot right behind it ends an empty message.
        incoming.octets[:0] = b"\r\n"
        self._borrowed = 2

    def read(self) -> bytes:
        """Return what has arrived of the message, dots removed. ``is_complete`` tells its end."""
        octets = self._incoming.octets
        dot = octets.find(_DOT)
        end = octets.find(_END, dot) if dot >= 0 else -1
        self.is_complete = end >= 0
        piece = self._incoming.take(end + 2 if self.is_complete else len(octets) - _held(octets))
        if self.is_complete:
            self._incoming.take(3)
        if 0 <= dot < len(piece) - 2:
            piece = piece.replace(_DOT, b"\r\n")
        if self._borrowed and piece:
            piece, self._borrowed = piece[self._borrowed :], 0
        return self.check.passed(piece)


def _held(octets: bytearray) -> int:
    """Return how many octets at the end may belong to the message's end, and stay for now."""
    return next(length for length in (4, 3, 2, 1, 0) if octets.endswith(_END[:length]))


class ChunkReader:
    """Reads what comes after BDAT, over as many chunks as there are. RFC 3030 §2."""

    def __init__(self, check: BodyCheck) -> None:
        self.check = check
        self.is_dropped = False
        self._uncut = Uncut()

    def read(self, octets: bytes) -> bytes:
        """Return what may be handed on after these octets."""
        return self.check.passed(self._uncut.piece(octets))

    def finish(self) -> bytes:
        """Return what was held back, after the last chunk."""
        return self.check.passed(self._uncut.rest())
