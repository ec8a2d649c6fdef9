"""xtext and utf-8-addr-xtext."""

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.xtext import (
    decode_utf8_xtext,
    decode_xtext,
    encode_utf8_xtext,
    encode_xtext,
)

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
HARMLESS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], include_characters=""),
    min_size=1,
)


@given(PRINTABLE)
def test_what_is_written_as_xtext_reads_the_same(text: str):
    """RFC 3461 §4: any printable ASCII."""
    written = encode_xtext(text)

    assert " " not in written
    assert "=" not in written
    assert decode_xtext(written) == text


@given(HARMLESS)
def test_what_is_written_as_utf8_xtext_reads_the_same(text: str):
    """RFC 6533 §3: any address, in ASCII alone."""
    written = encode_utf8_xtext(text)

    assert written.isascii()
    assert decode_utf8_xtext(written, unitext=False) == text


@pytest.mark.parametrize(
    "written", ["a+2", "a+ZZ", "a=b", "a b", "a+0A", "a+80", "bücher", "a\x7f"]
)
def test_what_is_no_xtext_is_not_read(written: str):
    """Nor what would put a line end where an address is expected."""
    assert decode_xtext(written) is None


@pytest.mark.parametrize(
    "written",
    ["", "a+2B", "a\\b", "a\\x{}", "a\\x{110000}", "a\\x{DFFF}", "a\\x{A}", "a\\x{2028}", "ä"],
)
def test_what_is_no_utf8_xtext_is_not_read(written: str):
    """A surrogate, a control character, a letter that the session did not allow."""
    assert decode_utf8_xtext(written, unitext=False) is None


def test_letters_stand_for_themselves_where_smtputf8_allows():
    """RFC 6533 §3: utf-8-addr-unitext."""
    assert decode_utf8_xtext("\\x{E4}ä@example.org", unitext=True) == "ää@example.org"


@given(st.text())
def test_reading_never_raises(text: str):
    """Whatever a client sends."""
    decode_xtext(text)
    decode_utf8_xtext(text, unitext=True)
