"""Words of a header field in other letters than ASCII's, RFC 2047: ``=?utf-8?B?4oCm?=``."""

import binascii
import re

from whybounce.notation.decoding import from_base64, in_charset

# RFC 2047 §2 allows 75 characters; writers that do not fold exceed it.
_WORD = re.compile(r"=\?[^?\s]{1,61}\?([BbQq])\?([^?\s]{0,1000})\?=")
# Words in one charset that follow each other: some senders cut a character in two, against §5.
_WORDS = re.compile(
    r"=\?(?P<charset>[A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{1,20})?\?[BQ]\?[^?\s]{0,1000}\?="
    r"(?:=\?(?P=charset)(?:\*[A-Za-z-]{1,20})?\?[BQ]\?[^?\s]{0,1000}\?=)*",
    re.IGNORECASE,
)
# RFC 2047 §6.2: white space between two encoded words is not shown.
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]{1,20}(?==\?)")
_LONGEST = 65_536
# A decoded line break must not begin a field of its own anywhere.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def decoded_words(value: str) -> str:
    """Return the field's value as people read it; what cannot be decoded stays as it is."""
    if "=?" not in value:
        return value
    return _WORDS.sub(_decoded, _BETWEEN.sub(r"\1", value[:_LONGEST]))


def _decoded(words: re.Match[str]) -> str:
    raw = b"".join(_bytes_of(text, encoding) for encoding, text in _WORD.findall(words[0]))
    text = in_charset(raw, words["charset"])
    return words[0] if text is None else _CONTROL.sub(" ", text)


def _bytes_of(text: str, encoding: str) -> bytes:
    written = text.encode("utf-8", "replace")
    return from_base64(written) if encoding in "Bb" else binascii.a2b_qp(written, header=True)
