"""A reply as it goes over the wire: RFC 5321 §4.2, with RFC 2034's status codes.

550-5.7.1 The first line
550 5.7.1 and the last
"""

import re

from whybounce.vocabulary.reply import Reply

_LONGEST_LINE = 512  # Octets with CR LF, RFC 5321 §4.5.3.1.5.
_MOST_LINES = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def write_reply(reply: Reply, *, smtputf8: bool = False) -> bytes:
    """Return the reply's lines. Line feeds in its text begin new ones; long ones are broken.

    Other control characters become blanks. Text beyond ASCII is written only with ``smtputf8``
    (RFC 6531 §3.7.4.2); else question marks stand for it.
    """
    numbers = f"{reply.code:03d}".encode()
    status = f"{reply.status} ".encode() if reply.status else b""
    room = _LONGEST_LINE - len(numbers) - len(status) - 3
    text = reply.text
    if text.isascii() and text.isprintable() and len(text) <= room:  # As nearly all are.
        return b"%b %b%b\r\n" % (numbers, status, text.strip().encode())
    lines = [
        status + piece
        for line in text.split("\n")
        for piece in _pieces(_CONTROL.sub(" ", line), room, smtputf8=smtputf8)
    ][:_MOST_LINES]
    *before, last = lines
    return (
        b"".join(numbers + b"-" + line + b"\r\n" for line in before)
        + numbers
        + b" "
        + last
        + b"\r\n"
    )


def _pieces(line: str, room: int, *, smtputf8: bool) -> list[bytes]:
    """Return the line in pieces of at most ``room`` octets, broken at blanks where there are any."""
    left = line.strip().encode("utf-8" if smtputf8 else "ascii", "replace")
    pieces = []
    while len(left) > room:
        place = left.rfind(b" ", 1, room + 1)
        if place < 0:
            place = room
            while left[place] & 0xC0 == 0x80:  # Not inside a UTF-8 character.
                place -= 1
        pieces.append(left[:place])
        left = left[place:].lstrip(b" ")
    return [*pieces, left]
