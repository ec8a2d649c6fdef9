r"""How RFC 3461 and RFC 6533 write any text inside an SMTP parameter.

xtext               anna+2Bnews@example.org      RFC 3461 §4: ``+`` and two hexadecimal digits
utf-8-addr-xtext    anna\x{2B}news@bücher.example    RFC 6533 §3: ``\x{…}``, a code point

Both decode to text without control characters, or not at all.
"""

import re
import string

_XCHARS = frozenset(string.ascii_letters + string.digits + string.punctuation) - set("+=")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})*")
_HEXCHAR = re.compile(rb"\+([0-9A-Fa-f]{2})")

# RFC 6533 §3: QCHAR is printable ASCII without + = \; unitext adds what is not ASCII.
_UTF8_XTEXT = re.compile(r"(?:[!-*,-<>-\[\]-~]|\\x\{[0-9A-Fa-f]{1,6}\})+")
_UTF8_UNITEXT = re.compile(r"(?:[!-*,-<>-\[\]-~\u00a1-\U0010ffff]|\\x\{[0-9A-Fa-f]{1,6}\})+")
_CODE_POINT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def decode_xtext(written: str) -> str | None:
    """Return the printable ASCII that ``written`` stands for, or None where it is not xtext."""
    if not _XTEXT.fullmatch(written):
        return None
    octets = _HEXCHAR.sub(lambda match: bytes.fromhex(match[1].decode()), written.encode())
    text = octets.decode("latin-1")
    return text if text.isascii() and text.isprintable() else None


def encode_xtext(text: str) -> str:
    """Write printable ASCII as xtext."""
    return "".join(char if char in _XCHARS else f"+{ord(char):02X}" for char in text)


def decode_utf8_xtext(written: str, *, unitext: bool) -> str | None:
    """Return the address that ``written`` stands for, or None where it is no utf-8-addr-xtext.

    With ``unitext`` characters outside ASCII may stand for themselves, as RFC 6533 §3 allows
    where SMTPUTF8 was asked for.
    """
    grammar = _UTF8_UNITEXT if unitext else _UTF8_XTEXT
    if not grammar.fullmatch(written):
        return None
    points = [int(point, 16) for point in _CODE_POINT.findall(written)]
    if any(point > 0x10FFFF or 0xD800 <= point <= 0xDFFF for point in points):
        return None
    text = _CODE_POINT.sub(lambda match: chr(int(match[1], 16)), written)
    return text if _is_harmless(text) else None


def encode_utf8_xtext(text: str) -> str:
    """Write an address in ASCII alone."""
    return "".join(
        char if char in _XCHARS and char != "\\" else f"\\x{{{ord(char):X}}}" for char in text
    )


def _is_harmless(text: str) -> bool:
    """Neither control characters nor line ends, whatever Unicode calls them."""
    return not any(
        ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029" for char in text
    )
