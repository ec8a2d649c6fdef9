"""The message: multipart/report around the text, the machine part and what is returned. RFC 6522.

    multipart/report; report-type=delivery-status
      multipart/alternative
        text/plain
        text/html
      message/delivery-status, or message/global-delivery-status
      message/rfc822, text/rfc822-headers, message/global or message/global-headers

The boundary and the Message-ID are made of the content, so that the same input gives the same
bytes; a boundary that stands in the content is never used.
"""

import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whybounce.writing.header import field

_LONGEST_LINE = 998  # Without its line end.
_MOST_GROWTH = 1.05
_TEXT_BYTES_A_LINE = 57  # RFC 2045 §6.8: 76 characters.


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf or a multipart, ready to be put between boundaries."""

    header: str
    body: bytes
    eight_bit: bool = False


def plain_part(text: str) -> Part:
    """Return text in UTF-8: as it is where seven bits carry it, else encoded the shorter way."""
    return _text_part("plain", text.replace("\n", "\r\n").encode("utf-8", "replace"))


def html_part(markup: str) -> Part:
    """Return HTML, whose lines end with CRLF, likewise.

    Where few letters are not ASCII they become character references, so that seven bits do.
    """
    references = markup.encode("ascii", "xmlcharrefreplace")
    few = len(references) <= _MOST_GROWTH * len(markup)
    return _text_part("html", references if few else markup.encode("utf-8", "replace"))


def _text_part(subtype: str, raw: bytes) -> Part:
    kind = f"Content-Type: text/{subtype}; charset=utf-8\r\n"
    if raw.isascii() and not has_long_line(raw):
        return Part(kind, raw)
    quoted = quoted_printable(raw)
    if len(quoted) <= 4 * len(raw) // 3:
        return Part(f"{kind}Content-Transfer-Encoding: quoted-printable\r\n", quoted)
    return Part(f"{kind}Content-Transfer-Encoding: base64\r\n", _base64(raw))


def binary_part(content_type: str, raw: bytes) -> Part:
    """Return octets that nothing may change, in base64."""
    encoding = "Content-Transfer-Encoding: base64\r\n"
    return Part(f"Content-Type: {content_type}\r\n{encoding}", _base64(raw))


def quoted_printable(raw: bytes) -> bytes:
    """Return the text in RFC 2045 §6.7's encoding, with its line ends as they are."""
    encoded = binascii.b2a_qp(raw, istext=True)
    if b"\r\n" in raw:
        return encoded
    return encoded.replace(b"=\n", b"=\r\n")  # Of one long line it cannot see how lines end.


def multipart(subtype: str, parts: Sequence[Part], seed: bytes) -> Part:
    """Return the parts between boundaries. ``subtype`` may carry parameters."""
    boundary = _boundary(parts, seed)
    eight_bit = any(part.eight_bit for part in parts)
    header = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'
    if eight_bit:  # RFC 2045 §6.4: a multipart is as wide as the widest of its parts.
        header += "Content-Transfer-Encoding: 8bit\r\n"
    return Part(header, b"".join(_between(parts, boundary)), eight_bit)


def message(fields: Sequence[tuple[str, str]], content: Part) -> bytes:
    """Return the whole message."""
    header = "".join(field(name, value) for name, value in fields)
    return b"".join((f"{header}MIME-Version: 1.0\r\n{content.header}\r\n".encode(), content.body))


def digest(*contents: bytes) -> str:
    """Return a name for the contents: 32 letters, the same for the same contents."""
    maker = hashlib.blake2b(digest_size=16)
    for content in contents:
        maker.update(len(content).to_bytes(8, "big"))
        maker.update(content)
    return maker.hexdigest()


def _between(parts: Sequence[Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield f"--{boundary}\r\n{part.header}\r\n".encode()
        yield part.body
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode("ascii")


def _boundary(parts: Sequence[Part], seed: bytes) -> str:
    """Return a boundary that no part contains; "=_" stands in no quoted-printable text."""
    number = 0
    while True:
        boundary = f"=_{digest(seed, str(number).encode())}"
        if not any(boundary.encode("ascii") in part.body for part in parts):
            return boundary
        number += 1


def _base64(raw: bytes) -> bytes:
    starts = range(0, len(raw), _TEXT_BYTES_A_LINE)
    return b"\r\n".join(
        binascii.b2a_base64(raw[start : start + _TEXT_BYTES_A_LINE], newline=False)
        for start in starts
    )


def has_long_line(raw: bytes) -> bool:
    """Say whether a line is longer than mail may have. RFC 5322 §2.1.1.

    In leaps: from one line end to the last that a line of full length could have.
    """
    at = 0
    while len(raw) - at > _LONGEST_LINE:
        end = raw.rfind(b"\n", at, at + _LONGEST_LINE + 2)
        if end < 0:
            return True
        at = end + 1
    return False
