"""What of the original goes back with the notice: all of it, its header, or nothing.

Rule 1: the whole original goes back with failures only, and not where RET=HDRS asked for the
header. RFC 3461 §4.3 and §6.2.
Rule 2: it goes back octet for octet or not at all: a ``message/rfc822`` part is never encoded
(RFC 2046 §5.2.1). What cannot travel so is cut down to its header: lines over 998 octets, bare CR
or LF, NUL, and eight-bit content where the way back takes seven bits only.
Rule 3: what is larger than the limit is cut down to its header, and a huge header to its head.
"""

import re
from dataclasses import dataclass

from whybounce.vocabulary.envelope import Return
from whybounce.vocabulary.report import Kind, Original
from whybounce.writing.header import field
from whybounce.writing.message import has_long_line

_LONGEST_HEADER = 65_536
# RFC 2046 §5.2.1: a message/rfc822 has at least one of these.
_NAMED = re.compile(rb"^(?:from|subject|date)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Returned:
    """The last part of the notice."""

    content_type: str
    body: bytes
    encode: bool = False  # Quoted-printable: allowed for text/rfc822-headers only.


def header_of(original: bytes) -> bytes:
    """Return the header with its last line end; empty where the message begins with its body."""
    if original.startswith(b"\r\n"):
        return b""
    end = original.find(b"\r\n\r\n")
    return original[: end + 2] if end >= 0 else original


def returned(
    original: bytes,
    kind: Kind,
    *,
    returns: Return | None,
    limit: int,
    eight_bit: bool,
    smtputf8: bool,
) -> Returned | None:
    """Return the part, or None where the original has no header to return.

    Args:
        original: As it was received, lines ending with CRLF.
        kind: What the notice is about.
        returns: What RET asked for; None where nothing did.
        limit: The largest original, in octets, that goes back whole.
        eight_bit: Whether the notice may have eight-bit content, RFC 6152.
        smtputf8: Whether the notice may have UTF-8 in header fields, RFC 6532.

    """
    header = header_of(original)
    wanted = kind is Kind.FAILURE and returns is not Return.HEADERS and len(original) <= limit
    if wanted and (whole := _whole(original, header, eight_bit=eight_bit, smtputf8=smtputf8)):
        return whole
    return _header_only(header, eight_bit=eight_bit, smtputf8=smtputf8)


def returned_fields(known: Original | None) -> Returned | None:
    """Return the header part where only the fields are known, not the message."""
    if known is None or not known.headers:
        return None
    header = "".join(field(name, value) for name, value in known.headers).encode("utf-8", "replace")
    return _header_only(header, eight_bit=False, smtputf8=False)


def can_be_returned(message: bytes, *, eight_bit: bool) -> bool:
    """Say whether the message may stand in a ``message/rfc822`` part as it is."""
    header = header_of(message)
    fits = message.isascii() or (eight_bit and header.isascii())
    return fits and _is_intact(message, header)


def _whole(original: bytes, header: bytes, *, eight_bit: bool, smtputf8: bool) -> Returned | None:
    if can_be_returned(original, eight_bit=eight_bit):
        return Returned("message/rfc822", original)
    if eight_bit and smtputf8 and is_utf8(header) and _is_intact(original, header):
        return Returned("message/global", original)  # RFC 6533 §5, RFC 6532 §3.7.
    return None


def _is_intact(message: bytes, header: bytes) -> bool:
    return (
        _NAMED.search(header) is not None and not _is_spoilt(message) and not has_long_line(message)
    )


def _header_only(header: bytes, *, eight_bit: bool, smtputf8: bool) -> Returned | None:
    header = _LINE_END.sub(b"\r\n", _head(header).replace(b"\x00", b""))
    if not header.strip():
        return None
    if not header.isascii() and eight_bit and smtputf8 and is_utf8(header):
        return Returned("message/global-headers", header)
    # RFC 6522 §4: the header may be made quoted-printable where it is not plain seven-bit text.
    plain = header.isascii() and not has_long_line(header)
    return Returned("text/rfc822-headers", header, encode=not plain)


def _head(header: bytes) -> bytes:
    """Cut a huge header after the last field that fits."""
    if len(header) <= _LONGEST_HEADER:
        return header
    end = header.rfind(b"\n", 0, _LONGEST_HEADER)
    return header[: end + 1] if end >= 0 else header[:_LONGEST_HEADER]


def _is_spoilt(original: bytes) -> bool:
    """Say whether a CR or LF stands without the other, or a NUL anywhere. RFC 5321 §2.3.8."""
    pairs = original.count(b"\r\n")
    return original.count(b"\r") != pairs or original.count(b"\n") != pairs or b"\x00" in original


def is_utf8(raw: bytes) -> bool:
    """Say whether the bytes are UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
