"""How a message is put together, found while it arrives: parts, and messages inside messages. RFC 2046.

Rule 1: nothing is kept but the header of the part under way and the boundaries that are open.
Rule 2: bodies are searched, not read line by line: an attachment costs one search.
Rule 3: what a stranger can make long is bounded; beyond the bounds nothing more is looked at.
"""

import re
from dataclasses import dataclass

from whybounce.notation import first_field, header_fields

_DEEPEST = 20  # Open boundaries.
_LONGEST_HEADER = 65_536  # Octets of a part's header that are read.
_LONGEST_LINE = 1000  # Octets; a delimiter is shorter (RFC 2046 §5.1.1 allows 70 for a boundary).
_MOST_LINES = 50_000  # Lines of headers, and lines that begin as delimiters do.

_DASHES = b"\r\n--"
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_NAMED = re.compile(r"(?:^\s*attachment\b|\b(?:file)?name\*?[0-9]{0,2}\*?\s*=)", re.IGNORECASE)
_MESSAGES = frozenset({"message/rfc822", "message/global"})


@dataclass(frozen=True, slots=True)
class _Open:
    """A multipart that has not ended."""

    delimiter: bytes
    depth: int  # How many messages it is inside of.


class Structure:
    """Takes a message's octets as they come, and tells what was found so far.

    A file is a part with a name or a disposition of attachment, and every message inside another.
    """

    def __init__(self) -> None:
        self.embedded_files = 0  # The most files inside one attachment, however deep.
        self._inside = 0  # Files inside the attachment under way.
        self._depth = 0  # Messages that the part under way is inside of.
        self._open: list[_Open] = []
        self._held = b""  # What is not decided yet.
        self._header: list[bytes] | None = []  # Lines of the header under way; None: in a body.
        self._header_octets = 0
        self._lines = 0
        self._is_over = False

    def take(self, octets: bytes) -> None:
        """Look at the next octets, whose lines end with CR LF."""
        if self._is_over:
            return
        held = self._held + octets
        at = 0
        while not self._is_over:
            further = (
                self._header_line(held, at) if self._header is not None else self._part(held, at)
            )
            if further is None:
                break
            at = further
            self._lines += 1
            self._is_over = self._lines > _MOST_LINES
        self._held = b"" if self._is_over else self._kept(held, at)

    def _kept(self, held: bytes, at: int) -> bytes:
        """Return what of the octets may still turn out to be something."""
        if self._header is None:
            begun = held.rfind(_DASHES, at)
            at = begun if begun >= 0 else max(at, len(held) - len(_DASHES) + 1)
        return held[at:]

    def _header_line(self, held: bytes, at: int) -> int | None:
        """Take a line of a header; at its end look at what begins."""
        end = held.find(b"\r\n", at)
        if end < 0:
            if len(held) - at > _LONGEST_HEADER:
                self._is_over = True
            return None
        header = self._header
        if header is None:
            raise TypeError("no header is under way")
        if end > at:
            self._header_octets += end - at
            if self._header_octets <= _LONGEST_HEADER:
                header.append(held[at:end])
            return end + 2
        self._header, self._header_octets = None, 0
        is_message = self._begin(b"\n".join(header).decode("utf-8", "replace"))
        if is_message:
            self._header = []
        # A delimiter may follow at once: its line begins with the line end we stand before.
        return end + 2 if is_message else end

    def _begin(self, header: str) -> bool:
        """Note the part whose header this is; return whether it is a message, with its own header."""
        fields = header_fields(header)
        written = first_field(fields, "content-type") or ""
        kind = written.partition(";")[0].strip().lower()
        is_message = kind in _MESSAGES
        if is_message:
            self._inside = self._inside + 1 if self._depth else 0
            self._depth += 1
        elif kind.startswith("multipart/") and len(self._open) < _DEEPEST:
            if named := _BOUNDARY.search(written):
                boundary = (named[1] or named[2]).encode("utf-8", "replace")
                self._open.append(_Open(b"--" + boundary, self._depth))
        elif self._depth and _is_file(fields):
            self._inside += 1
        self.embedded_files = max(self.embedded_files, self._inside)
        self._is_over = not is_message and not self._open
        return is_message

    def _part(self, held: bytes, at: int) -> int | None:
        """Find the next line that begins with two hyphens; return what comes behind it."""
        begin = held.find(_DASHES, at)
        if begin < 0:
            return None
        end = held.find(b"\r\n", begin + 2)
        if end < 0:
            return begin + 2 if len(held) - begin > _LONGEST_LINE else None
        line = held[begin + 2 : end].rstrip()
        for place in reversed(range(len(self._open))):
            delimiter = self._open[place].delimiter
            if line == delimiter:
                self._next_part(place)
                return end + 2
            if line == delimiter + b"--":
                self._depth = self._open[place].depth
                del self._open[place:]
                self._is_over = not self._open
                return end
        return end

    def _next_part(self, place: int) -> None:
        del self._open[place + 1 :]
        self._depth = self._open[place].depth
        self._header = []


def _is_file(fields: tuple[tuple[str, str], ...]) -> bool:
    written = (first_field(fields, name) for name in ("content-disposition", "content-type"))
    return any(value and _NAMED.search(value) for value in written)
