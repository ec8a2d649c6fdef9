"""Words of a header field in other letters than ASCII's, RFC 2047: ``=?utf-8?B?4oCm?=``."""

import binascii
import codecs
import re

# RFC 2047 §2 allows 75 characters; writers that do not fold exceed it.
_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([BbQq])\?([^?\s]{0,1000})\?="
)
# RFC 2047 §6.2: white space between two encoded words is not shown.
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]{1,20}(?==\?)")
_LONGEST = 65_536
# Codecs that no mail is written in, with escapes of their own.
_PYTHONS_OWN = {"unicode-escape", "raw-unicode-escape"}
# A decoded line break must not begin a field of its own anywhere.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def decoded_words(value: str) -> str:
    """Return the field's value as people read it; what cannot be decoded stays as it is."""
    if "=?" not in value:
        return value
    return _WORD.sub(_decoded, _BETWEEN.sub(r"\1", value[:_LONGEST]))


def _decoded(word: re.Match[str]) -> str:
    charset, encoding, text = word.groups()
    try:
        raw = _from_base64(text) if encoding in "Bb" else _from_q(text)
        if codecs.lookup(charset).name in _PYTHONS_OWN:
            return word[0]
        return _CONTROL.sub(" ", raw.decode(charset))
    except (LookupError, ValueError):  # Unknown charset, or not in it; not base64.
        return word[0]


def _from_base64(text: str) -> bytes:
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))


def _from_q(text: str) -> bytes:
    return binascii.a2b_qp(text, header=True)
