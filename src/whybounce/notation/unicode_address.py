r"""Addresses of other alphabets in seven bits: ``\x{E4}ngstr\x{F6}m@example.org``, RFC 6533 §3.

So they stand in a ``message/delivery-status`` under the type ``utf-8``; a
``message/global-delivery-status`` has them as they are.
"""

import re

# RFC 6533 §3, QCHAR: printable, without "+", "=" and the backslash.
_NEEDS_ESCAPE = re.compile(r"[^\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]")
_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def escape_address(address: str) -> str:
    """Return the address in ASCII (``utf-8-addr-xtext``)."""
    return _NEEDS_ESCAPE.sub(lambda match: rf"\x{{{ord(match[0]):02X}}}", address)


def unescape_address(written: str) -> str:
    """Return the address that ``escape_address`` wrote; what is no escape stays as it is."""
    if "\\x{" not in written:
        return written
    return _ESCAPE.sub(_character, written)


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_character else match[0]
