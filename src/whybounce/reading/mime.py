"""A message cut into its parts by scanning bytes, in time linear in its size. RFC 2046 §5.1.

Rule 1: nothing is copied or decoded that is not read; a 15 MB attachment costs one search.
Rule 2: what is damaged gives what it holds: a missing end, a boundary that never comes, a part
without a header are all read as far as they go.
Rule 3: depth and number of parts are bounded; beyond, the rest is one part.
"""

import binascii
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field as default_from

from whybounce.notation import decoded, from_base64, header_fields

_DEEPEST = 12
_MOST_PARTS = 1000
_LONGEST_HEADER = 262_144
_LONGEST_DECODED = 1_048_576  # Of a part that is read as text.
_MOST_LINE_ENDS = 1000  # Before a delimiter; what stands before those is the part's own.

_LINE_ENDS = re.compile(rb"[\r\n]*")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_DELIMITER = re.compile(rb"^--([^\s]{1,200})[ \t]*\r?\n(?=Content-)", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:+-]{1,40})", re.IGNORECASE)


class Part(Struct, frozen=True):
    """One leaf of a message, or the message itself: its header, and where its body stands."""

    fields: tuple[tuple[str, str], ...]
    source: bytes
    begin: int = 0
    end: int | None = None
    content_type: str = "text/plain"  # In lower case, without parameters.
    first_fields: Mapping[str, str] = default_from(default_factory=dict)  # By name in lower case.

    def field(self, name: str) -> str | None:
        """Return the first field of that name, in lower case, or None."""
        return self.first_fields.get(name)

    @property
    def body(self) -> bytes:
        """Return the body as it stands: a copy, and as large as the part."""
        return self.source[self.begin : self.end]

    def holds(self, piece: bytes) -> bool:
        """Say whether the body as it stands has that piece in it."""
        return self.source.find(piece, self.begin, self.end) >= 0

    def fields_within(self) -> tuple[tuple[str, str], ...]:
        """Return the header of the message that the part holds, as message/rfc822 does."""
        if self.field("content-transfer-encoding"):  # RFC 6532 §3.7 allows one, RFC 2046 did not.
            decoded_body = self.decoded()
            begin = _after_line_ends(decoded_body, 0, len(decoded_body))
            return _header(decoded_body, begin, len(decoded_body))[0]
        begin = _after_line_ends(self.source, self.begin, self.stop)
        return _header(self.source, begin, self.stop)[0]

    @property
    def stop(self) -> int:
        """Where the body ends in the source."""
        return len(self.source) if self.end is None else self.end

    def text(self) -> str:
        """Return the body decoded: transfer encoding, then charset; never fails."""
        raw = self.decoded()[:_LONGEST_DECODED]
        charset = _CHARSET.search(self.field("content-type") or "")
        return decoded(raw, charset[1] if charset else "utf-8")

    def decoded(self) -> bytes:
        """Return the body without its transfer encoding; of a long one the beginning, where it has one."""
        encoding = (self.field("content-transfer-encoding") or "").strip().lower()
        body = self.source[self.begin : min(self.stop, self.begin + 2 * _LONGEST_DECODED)]
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        if encoding == "base64":
            return from_base64(body)
        return body


class Message(Struct, frozen=True):
    """A message: its own header, and its leaves in order."""

    fields: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    first_fields: Mapping[str, str]  # By name in lower case.

    def field(self, name: str) -> str | None:
        """Return the first field of that name, in lower case, or None."""
        return self.first_fields.get(name)

    def first(self, *content_types: str) -> Part | None:
        """Return the first part of one of those types, or None."""
        for part in self.parts:
            if part.content_type in content_types:
                return part
        return None


def parse_message(raw: bytes) -> Message:
    """Return the message's header and its leaves, with either of the three line ends."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # The old Macintosh's line end; some archives have it.
    whole = parse_part(raw, _after_line_ends(raw, 0, len(raw)))
    leaves: list[Part] = []
    _take_apart(whole, _DEEPEST, leaves)
    return Message(whole.fields, tuple(leaves), whole.first_fields)


def parse_part(raw: bytes, begin: int = 0, end: int | None = None) -> Part:
    """Return header and body of a part or message; all of it is header if no blank line comes."""
    end = len(raw) if end is None else end
    if raw[begin : begin + 1] in {b"\n", b"\r"}:
        return Part((), raw, _after_line_ends(raw, begin, end), end)
    fields, body = _header(raw, begin, end)
    first = {name.lower(): value for name, value in reversed(fields)}
    return Part(fields, raw, body, end, _content_type(first.get("content-type")), first)


def _header(raw: bytes, begin: int, end: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the fields, and where the body begins."""
    header_end, body = _blank_line(raw, begin, end)
    header = raw[begin : min(header_end, begin + _LONGEST_HEADER)].decode("utf-8", "replace")
    return header_fields(header), body


def _content_type(written: str | None) -> str:
    """Return ``type/subtype`` in lower case; text/plain where none is said (RFC 2045 §5.2)."""
    return written.partition(";")[0].strip().lower() if written else "text/plain"


def _blank_line(raw: bytes, begin: int, end: int) -> tuple[int, int]:
    """Return where the header ends and the body begins: at the first empty line, or at the end."""
    found = _BLANK_LINE.search(raw, begin, end)
    if found is None:
        return end, end
    at = found.start()
    return at - (raw[at - 1 : at] == b"\r"), found.end()


def _after_line_ends(raw: bytes, begin: int, end: int) -> int:
    if raw[begin : begin + 1] not in {b"\n", b"\r"}:
        return begin
    match = _LINE_ENDS.match(raw, begin, end)
    return match.end() if match else begin


def _take_apart(part: Part, depth: int, leaves: list[Part]) -> None:
    """Add the part's leaves; the part itself, if it is one."""
    boundary = _boundary_of(part) if depth else None
    if boundary is None:
        leaves.append(part)
        return
    for begin, end in _pieces(part, b"--" + boundary):
        _take_apart(parse_part(part.source, begin, end), depth - 1, leaves)
        if len(leaves) >= _MOST_PARTS:
            return


def _boundary_of(part: Part) -> bytes | None:
    """Return the boundary that really stands in the body, whatever the header calls it.

    Relays, archives and mail programs rewrite the one and not the other; a multipart without
    any delimiter is one leaf.
    """
    if not part.content_type.startswith("multipart/"):
        return None
    named = _BOUNDARY.search(part.field("content-type") or "")
    boundary = (named[1] or named[2]).encode("utf-8", "replace") if named else b""
    if boundary and part.holds(b"--" + boundary):
        return boundary
    last = min(part.stop, part.begin + _LONGEST_HEADER)
    standing = _DELIMITER.search(part.source, part.begin, last)
    return standing[1] if standing else None


def _pieces(part: Part, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Yield what stands between the delimiters; the last may lack its own. RFC 2046 §5.1.1."""
    raw, end = part.source, part.stop
    start: int | None = None
    at = raw.find(delimiter, part.begin, end)
    while at >= 0:
        after = at + len(delimiter)
        if at == part.begin or raw[at - 1] in b"\r\n":
            if start is not None:
                yield start, _before_line_ends(raw, start, at)
            if raw[after : after + 2] == b"--":
                return
            line_end = raw.find(b"\n", after, end)
            start = line_end + 1 if line_end >= 0 else end
        at = raw.find(delimiter, after, end)
    if start is not None:
        yield start, end


def _before_line_ends(raw: bytes, begin: int, end: int) -> int:
    last = raw[max(begin, end - _MOST_LINE_ENDS) : end]
    return end - len(last) + len(last.rstrip(b"\r\n"))
