"""Bytes made text as mail needs it: what is damaged gives what it holds, and nothing raises."""

import binascii
import codecs
import re

from whybounce.notation.folding import writable

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")

# Python's own codecs, which no mail is written in; some of them take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}


def decoded(raw: bytes, charset: str) -> str:
    """Return the text: in that charset, else in UTF-8, else byte for byte."""
    for name in (charset, "utf-8"):
        text = in_charset(raw, name)
        if text is not None:
            return text
    return raw.decode("latin-1")


def in_charset(raw: bytes, name: str) -> str | None:
    """Return the text in the charset of that name; None where it is none, or not the text's."""
    try:
        codec = codecs.lookup(name).name
        text = raw.decode(codec) if codec not in _NO_CHARSETS else None
    except (LookupError, ValueError):
        return None
    return writable(text) if text and codec == "utf-7" else text  # It can spell half a character.


def from_base64(written: bytes) -> bytes:
    """Decode what can be decoded; a cut-off tail or a stray character loses itself only."""
    clean = _NOT_BASE64.sub(b"", written)
    if len(clean) % 4 == 1:  # Six bits are no byte.
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
