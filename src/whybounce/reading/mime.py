"""A message cut into its parts by scanning bytes, in time linear in its size. RFC 2046 §5.1.

Rule 1: nothing is copied or decoded that is not read; a 15 MB attachment costs one search.
Rule 2: what is damaged gives what it holds: a missing end, a boundary that never comes, a part
without a header are all read as far as they go.
Rule 3: depth and number of parts are bounded; beyond, the rest is one part.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from whybounce.notation import first_field, header_fields

_DEEPEST = 12
_MOST_PARTS = 1000
_LONGEST_HEADER = 262_144
_LONGEST_DECODED = 1_048_576  # Of a part that is read as text.

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_DELIMITER = re.compile(rb"^--([^\s]{1,200})[ \t]*\r?\n(?=Content-)", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:+-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a message, or the message itself: its header, and its body as it stands."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    def field(self, name: str) -> str | None:
        """Return the first field of that name, or None."""
        return first_field(self.fields, name)

    @property
    def content_type(self) -> str:
        """Return ``type/subtype`` in lower case; text/plain where none is said (RFC 2045 §5.2)."""
        written = (self.field("content-type") or "text/plain").partition(";")[0]
        return written.strip().lower()

    def text(self) -> str:
        """Return the body decoded: transfer encoding, then charset; never fails."""
        raw = self._decoded()[:_LONGEST_DECODED]
        charset = _CHARSET.search(self.field("content-type") or "")
        for name in (charset[1] if charset else "utf-8", "utf-8"):
            try:
                return raw.decode(name)
            except (LookupError, UnicodeDecodeError, ValueError):
                continue
        return raw.decode("latin-1")

    def _decoded(self) -> bytes:
        encoding = (self.field("content-transfer-encoding") or "").strip().lower()
        body = self.body[: 2 * _LONGEST_DECODED]
        if encoding == "quoted-printable":
            return quopri.decodestring(body)
        if encoding == "base64":
            return _from_base64(body)
        return body


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its own header, and its leaves in order."""

    fields: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]

    def field(self, name: str) -> str | None:
        """Return the first field of that name, or None."""
        return first_field(self.fields, name)

    def first(self, *content_types: str) -> Part | None:
        """Return the first part of one of those types, or None."""
        return next((part for part in self.parts if part.content_type in content_types), None)


def parse_message(raw: bytes) -> Message:
    """Return the message's header and its leaves, with either of the three line ends."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # The old Macintosh's line end; some archives have it.
    whole = parse_part(raw.lstrip(b"\r\n"))
    leaves: list[Part] = []
    for leaf in _leaves(whole, _DEEPEST):
        leaves.append(leaf)
        if len(leaves) == _MOST_PARTS:
            break
    return Message(whole.fields, tuple(leaves))


def parse_part(raw: bytes) -> Part:
    """Return header and body of a part or message; all of it is header if no blank line comes."""
    if raw[:1] in {b"\n", b"\r"}:
        return Part((), raw.lstrip(b"\r\n"))
    end = _HEADER_END.search(raw)
    header = raw[: end.start()] if end else raw
    fields = header_fields(header[:_LONGEST_HEADER].decode("utf-8", "replace"))
    return Part(fields, raw[end.end() :] if end else b"")


def _leaves(part: Part, depth: int) -> Iterator[Part]:
    boundary = _boundary_of(part) if depth else None
    if boundary is None:
        yield part
        return
    for piece in _pieces(part.body, boundary):
        yield from _leaves(parse_part(piece), depth - 1)


def _boundary_of(part: Part) -> bytes | None:
    """Return the boundary that really stands in the body, whatever the header calls it.

    Relays, archives and mail programs rewrite the one and not the other; a multipart without
    any delimiter is one leaf.
    """
    if not part.content_type.startswith("multipart/"):
        return None
    named = _BOUNDARY.search(part.field("content-type") or "")
    boundary = (named[1] or named[2]).encode("utf-8", "replace") if named else b""
    if boundary and b"--" + boundary in part.body:
        return boundary
    standing = _DELIMITER.search(part.body[:_LONGEST_HEADER])
    return standing[1] if standing else None


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between the delimiters; the last may lack its own. RFC 2046 §5.1.1."""
    delimiter = b"--" + boundary
    start: int | None = None
    at = body.find(delimiter)
    while at >= 0:
        if at == 0 or body[at - 1 : at] in {b"\n", b"\r"}:
            if start is not None:
                yield body[start:at].rstrip(b"\r\n")
            after = at + len(delimiter)
            if body[after : after + 2] == b"--":
                return
            line_end = body.find(b"\n", after)
            start = line_end + 1 if line_end >= 0 else len(body)
        at = body.find(delimiter, at + len(delimiter))
    if start is not None:
        yield body[start:]


def _from_base64(body: bytes) -> bytes:
    """Decode what can be decoded; a cut-off tail or a stray character loses itself only."""
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    return binascii.a2b_base64(clean[: len(clean) // 4 * 4]) if len(clean) >= 4 else b""
