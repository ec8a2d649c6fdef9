"""Header fields are read as they stand, RFC 5322."""

import pytest

from whybounce.notation import untyped


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
