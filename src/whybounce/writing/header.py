"""Header fields of the notice. Nothing that a stranger wrote begins a field of its own.

Every value goes through ``field``: control characters become blanks, other alphabets encoded
words, long lines are folded at blanks. RFC 5322 §2.1.1 and §2.2.3, RFC 2047.
"""

import binascii
import re
from collections.abc import Iterator
from datetime import datetime

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_FOLD_AT = 76
# Characters, of which UTF-8 makes up to four octets: RFC 5322 §2.1.1 allows 998 on a line.
_LONGEST_ASCII, _LONGEST_UTF8 = 960, 240
_LONGEST_VALUE = 8_000
# RFC 2047 §2: a word has at most 75 characters, of which 45 octets make 60; its line has at most 76, and
# the first word stands behind the field's name: some programs take a line that is empty for the value.
_BYTES_A_WORD, _BYTES_OF_THE_FIRST = 45, 36

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


def field(name: str, value: str) -> str:
    """Return the field with its line end, folded. Other alphabets stay, as RFC 6532 has them."""
    line = f"{name}: {one_line(value)}".rstrip()
    if len(line) <= _FOLD_AT:
        return f"{line}\r\n"
    return "\r\n ".join(_folded(line)) + "\r\n"


def one_line(value: str) -> str:
    """Return the value without control characters, on one line, at a bounded length."""
    value = value[:_LONGEST_VALUE]
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()  # Nearly all are so.
    return " ".join(_CONTROL.sub(" ", value).split())


def encoded(text: str) -> str:
    """Return unstructured text in ASCII: as it is, or as encoded words.

    ASCII that looks like an encoded word is encoded too, so that it stays what it is.
    """
    text = one_line(text)
    if text.isascii() and "=?" not in text:
        return text
    return " ".join(
        f"=?utf-8?b?{binascii.b2a_base64(piece, newline=False).decode('ascii')}?="
        for piece in _cut(text)
    )


def mailbox(name: str | None, address: str) -> str:
    """Return ``name <address>``, the name quoted where it must be. RFC 5322 §3.4."""
    address = f"<{one_line(address)}>"
    if not name:
        return address
    name = one_line(name)
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return f"{name} {address}"
    if name.isascii() and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" {address}'
    return f"{encoded(name)} {address}"


def date(moment: datetime) -> str:
    """Return the date of RFC 5322 §3.3, whatever the computer's locale is."""
    offset = moment.strftime("%z") or "+0000"
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d}"
        f" {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} {offset[:5]}"
    )


def _folded(line: str) -> Iterator[str]:
    """Yield lines that fit; a word that fits on none stands alone, cut only at the hard limit."""
    current = ""
    longest = _LONGEST_ASCII if line.isascii() else _LONGEST_UTF8
    for word in line.split(" "):
        if current and len(current) + 1 + len(word) > _FOLD_AT:
            yield current
            current = ""
        while len(word) > longest:
            yield word[:longest]
            word = word[longest:]  # noqa: PLW2901  # what is left of it
        current = f"{current} {word}" if current else word
    if current:
        yield current


def _cut(text: str) -> Iterator[bytes]:
    """Cut into pieces that fill a word, never within a character. RFC 2047 §5 (3)."""
    piece, room = b"", _BYTES_OF_THE_FIRST
    for character in text:
        letter = character.encode()
        if len(piece) + len(letter) > room:
            yield piece
            piece, room = b"", _BYTES_A_WORD
        piece += letter
    if piece:
        yield piece
