"""Domains in letters beyond ASCII."""

import pytest

from whybounce.checking.domains import address_to_ascii, to_ascii


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("example.org", "example.org"),
        ("_25._tcp.mx.example.org", "_25._tcp.mx.example.org"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("\u202eevil.example", None),
        ("ü" * 80 + ".example", None),
    ],
)
def test_a_domain_is_written_as_the_dns_knows_it(written, expected):
    """IDNA 2008, by which ß is a letter of its own; None where there is no such name."""
    assert to_ascii(written) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ben@example.org", "ben@example.org"),
        ("ben@münchen.example", "ben@xn--mnchen-3ya.example"),
        ("jürgen@example.org", None),
        ("", ""),
        ("postmaster", "postmaster"),
    ],
)
def test_an_address_is_converted_as_far_as_its_domain(address, expected):
    """A local part is its owner's, RFC 6530 §7: nobody may rewrite it."""
    assert address_to_ascii(address) == expected
