"""Header fields as they stand in a message, whatever its line ends."""

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import header_fields, untyped


def test_header_fields_are_unfolded_in_order():
    """Folding is undone; lines that are no field are left out."""
    header = "Received: from a\r\n\tby b\r\nSubject: x\nnonsense\nTo : y\n"

    assert header_fields(header) == (("Received", "from a\tby b"), ("Subject", "x"), ("To", "y"))


@pytest.mark.parametrize(
    "header", ["A: 1 \r\n\t2\r\nB:\r\n", "A: 1 \n\t2\nB:\n", "A: 1 \r\t2\rB:\r"]
)
def test_header_fields_are_the_same_with_each_line_end(header):
    """LF, CRLF, bare CR; an empty field is a field."""
    assert header_fields(header) == (("A", "1 \t2"), ("B", ""))


@given(st.text())
def test_no_text_makes_reading_a_header_raise(text):
    """What is no field is left out."""
    assert all(name and "\n" not in value for name, value in header_fields(text))


@pytest.mark.parametrize(
    ("value", "without"),
    [
        ("rfc822; anna@example.org", "anna@example.org"),
        ("RFC822;anna@example.org", "anna@example.org"),
        ("anna@example.org", "anna@example.org"),
        ("smtp; 550 a; b", "550 a; b"),
        ("550 5.1.1 a; b", "550 5.1.1 a; b"),
        ("", ""),
    ],
)
def test_a_type_is_one_word_before_a_semicolon(value, without):
    """RFC 3464 §2.1.2; a semicolon in an untyped sentence parts nothing."""
    assert without == untyped(value)
