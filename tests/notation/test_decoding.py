"""Bytes become text, whatever they are and whatever they are called."""

import base64

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import decoded, from_base64


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        (b"Caf\xe9", "iso-8859-1", "Café"),
        (b"Caf\xc3\xa9", "x-unknown", "Café"),
        (b"Caf\xe9", "utf-8", "Café"),
        (b"\\u00e9", "unicode_escape", "\\u00e9"),
        (b"a-b", "punycode", "a-b"),
        (b"61", "hex", "61"),
        (b"+2AA-", "utf-7", "?"),
        (b"a", "utf-8\x00", "a"),
    ],
)
def test_bytes_are_text_in_the_charset_they_are_in(raw, charset, text):
    """Named wrongly, UTF-8 is tried, then each byte is a character."""
    assert decoded(raw, charset) == text


@given(st.binary(max_size=200))
def test_base64_is_decoded_to_the_last_byte(raw):
    """With its padding, without it, and in lines."""
    written = base64.encodebytes(raw)

    assert from_base64(written) == raw
    assert from_base64(written.replace(b"=", b"")) == raw


@given(st.binary(max_size=200), st.integers(0, 300))
def test_base64_cut_off_loses_only_what_was_cut(raw, at):
    """Three bytes at most are not whole."""
    kept = from_base64(base64.b64encode(raw)[:at])

    assert raw.startswith(kept)
    assert len(kept) >= min(len(raw), at // 4 * 3)


@given(st.binary(max_size=200))
def test_no_bytes_make_decoding_base64_raise(written):
    """Stray characters lose themselves only."""
    assert len(from_base64(written)) <= len(written)
