"""The hash of a body as DKIM wants it, taken piece by piece. RFC 6376 §3.4.3, §3.4.4, §3.7.

However large the body, no more of it is held than one piece.
"""

from collections.abc import Sequence
from hashlib import sha1, sha256
from typing import Protocol

_LINE_END = b"\r\n"
_LINE_ENDS_AT_ONCE = _LINE_END * 8192


class _Hash(Protocol):
    def update(self, octets: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class BodyHash:
    """One hash of the body, of all of it or of its first octets (l=)."""

    def __init__(self, algorithm: bytes, length: int | None) -> None:
        self._hash: _Hash = sha1(usedforsecurity=False) if algorithm.endswith(b"sha1") else sha256()
        self._left = length

    def update(self, octets: bytes) -> None:
        """Take the next octets of the canonical body."""
        if self._left is not None:
            octets = octets[: self._left]
            self._left -= len(octets)
        if octets:
            self._hash.update(octets)

    def digest(self) -> bytes | None:
        """Return the hash, or None where the body is shorter than was signed."""
        return self._hash.digest() if not self._left else None


class CanonicalBody:
    """The body in its canonical form, ``simple`` or ``relaxed``, given to all who hash it."""

    def __init__(self, hashes: Sequence[BodyHash], *, is_relaxed: bool) -> None:
        self._hashes = hashes
        self._is_relaxed = is_relaxed
        self._held = b""  # What the next octets may still change: blanks, half a line end.
        self._line_ends = 0  # Held back, for at the end of the body they do not count.
        self._is_empty = True

    def feed(self, octets: bytes) -> None:
        """Take the next octets of the body, as they stand."""
        octets = self._held + octets
        half = octets.endswith(b"\r")
        whole = octets[:-1] if half else octets
        self._held = b"\r" if half else b""
        if self._is_relaxed:
            stripped = whole.rstrip(b" \t")
            self._held = (b" " if len(stripped) < len(whole) else b"") + self._held
            whole = _with_single_spaces(stripped).replace(b" \r\n", _LINE_END)
        self._write(whole)

    def finish(self) -> None:
        """End the body: empty lines at its end do not count, and a missing line end does."""
        self._write(self._held.lstrip(b" ") if self._is_relaxed else self._held)
        if not self._is_empty or not self._is_relaxed:
            self._hash(_LINE_END)

    def _write(self, octets: bytes) -> None:
        text = _without_line_ends(octets)
        if text:
            self._flush()
            self._hash(text)
            self._is_empty = False
        self._line_ends += (len(octets) - len(text)) // 2

    def _flush(self) -> None:
        while self._line_ends:
            now = min(self._line_ends, 8192)
            self._hash(_LINE_ENDS_AT_ONCE[: 2 * now])
            self._line_ends -= now

    def _hash(self, octets: bytes) -> None:
        for each in self._hashes:
            each.update(octets)


def _with_single_spaces(octets: bytes) -> bytes:
    """Return the octets with each run of blanks as one space; five times as fast as by a pattern."""
    octets = octets.replace(b"\t", b" ")
    while b"  " in octets:  # A run gets half as long each time.
        octets = octets.replace(b"  ", b" ")
    return octets


def _without_line_ends(octets: bytes) -> bytes:
    """Return the octets less the line ends at their end; a bare CR or LF there is none."""
    text = octets.rstrip(_LINE_END)
    line_ends = len(octets) - len(text)
    if octets.endswith(_LINE_ENDS_AT_ONCE[:line_ends]) and line_ends % 2 == 0:
        return text
    end = len(octets)
    while octets.endswith(_LINE_END, 0, end):
        end -= 2
    return octets[:end]
