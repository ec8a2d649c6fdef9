"""Records to publish, made from what is known."""

import pytest
from hypothesis import given, strategies as st

from whybounce.wording.deriving import derived, is_spf_record

V4, V6 = "192.0.2.9", "2001:db8::9"


@pytest.mark.parametrize(
    ("record", "ip", "expected"),
    [
        ("v=spf1 -all", V4, "v=spf1 ip4:192.0.2.9 -all"),
        (
            "v=spf1 mx include:a.example ~all",
            V6,
            "v=spf1 mx include:a.example ip6:2001:db8::9 ~all",
        ),
        ("v=spf1 mx", V4, "v=spf1 mx ip4:192.0.2.9"),
        ("v=spf1 redirect=a.example", V4, "v=spf1 ip4:192.0.2.9 redirect=a.example"),
        ("V=SPF1  mx  ?ALL exp=b.example", V4, "V=SPF1 mx ip4:192.0.2.9 ?ALL exp=b.example"),
        ("v=spf1 all.example.org -all", V4, "v=spf1 all.example.org ip4:192.0.2.9 -all"),
        ("v=spf1 -all", "::ffff:192.0.2.9", "v=spf1 ip4:192.0.2.9 -all"),
        ("", V4, "v=spf1 … ip4:192.0.2.9 -all"),
        ('v=spf1 "; reboot -all', V4, "v=spf1 … ip4:192.0.2.9 -all"),
        ("v=spf1 " + "ip4:198.51.100.1 " * 60 + "-all", V4, "v=spf1 … ip4:192.0.2.9 -all"),
        ("v=spf1 -all", "no address", ""),
        ("v=spf1 -all", "", ""),
    ],
)
def test_an_address_stands_before_the_term_that_decides_about_all_others(record, ip, expected):
    """Of a record that is not known, or not whole, the other terms are left open."""
    assert derived("spf_record", {"record": record, "ip": ip}) == expected


@pytest.mark.parametrize(
    ("name", "ip", "expected"),
    [
        ("mechanism", V4, "ip4:192.0.2.9"),
        ("mechanism", V6, "ip6:2001:db8::9"),
        ("reverse", V4, "9.2.0.192.in-addr.arpa"),
        ("sender", V4, ""),
    ],
)
def test_an_address_has_a_mechanism_and_a_name(name, ip, expected):
    assert derived(name, {"ip": ip}) == expected


@given(st.text(max_size=80))
def test_no_strangers_text_becomes_a_record(text):
    """Nothing that would end a zone's quotes, or a command's backticks."""
    record = f"v=spf1 {text}"

    assert not is_spf_record(record) or not set('"\\`\n') & set(record)
