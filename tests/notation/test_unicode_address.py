"""Addresses of other alphabets in seven bits, and back."""

import re

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import escape_address, unescape_address


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("anna@example.org", "anna@example.org"),
        ("änne@example.org", r"\x{E4}nne@example.org"),
        ("a+b=c@example.org", r"a\x{2B}b\x{3D}c@example.org"),
        ("用户@例え.example", r"\x{7528}\x{6237}@\x{4F8B}\x{3048}.example"),
        ("𝒳@example.org", r"\x{1D4B3}@example.org"),
        ("back\\slash@example.org", r"back\x{5C}slash@example.org"),
    ],
)
def test_an_address_is_escaped_as_the_rfc_has_it(address, written):
    """RFC 6533 §3: capital figures, at least two."""
    assert escape_address(address) == written
    assert unescape_address(written) == address


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_comes_back_from_visible_ascii(text):
    """Nothing is lost."""
    written = escape_address(text)

    assert re.fullmatch(r"[\x21-\x7e]*", written)
    assert unescape_address(written) == text


@pytest.mark.parametrize("written", [r"\x{D800}", r"\x{FFFFFF}", r"\x{}", r"\x{zz}", r"\x41"])
def test_what_is_no_letter_stays_as_it_is(written):
    """A half of a letter, a number that is none."""
    assert unescape_address(written) == written
