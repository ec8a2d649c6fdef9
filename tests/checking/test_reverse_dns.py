"""Reverse DNS: a name, and back again."""

import asyncio

import pytest

from whybounce.checking.lookups import LookUps
from whybounce.checking.reverse_dns import finding, reverse_name
from whybounce.provoking.name_server import Trouble
from whybounce.vocabulary.authentication import Result
from whybounce.vocabulary.finding import Answer
from zones import asking, zone

_FOUR, _SIX = "25.2.0.192.in-addr.arpa", f"{'9.1.' + '0.' * 22}8.b.d.0.1.0.0.2.ip6.arpa"
CASES = {
    "points back": (
        "192.0.2.25", {(_FOUR, "PTR"): "mx.example.com.", ("mx.example.com", "A"): "192.0.2.25"},
        Result.PASS, "mx.example.com",
    ),
    "the second name points back": (
        "192.0.2.25",
        {(_FOUR, "PTR"): ("a.example.com.", "b.example.com."), ("b.example.com", "A"): "192.0.2.25"},
        Result.PASS, "b.example.com",
    ),
    "by IPv6": (
        "2001:db8::19",
        {(_SIX, "PTR"): "mx.example.com.", ("mx.example.com", "AAAA"): "2001:0db8:0::19"},
        Result.PASS, "mx.example.com",
    ),
    "points elsewhere": (
        "192.0.2.25", {(_FOUR, "PTR"): "mx.example.com.", ("mx.example.com", "A"): "192.0.2.26"},
        Result.FAIL, "mx.example.com",
    ),
    "by the other protocol only": (
        "192.0.2.25", {(_FOUR, "PTR"): "mx.example.com.", ("mx.example.com", "AAAA"): "2001:db8::19"},
        Result.FAIL, "mx.example.com",
    ),
    "a name without address": (
        "192.0.2.25", {(_FOUR, "PTR"): "mx.example.com."}, Result.FAIL, "mx.example.com",
    ),
    "no name": ("192.0.2.25", {}, Result.PERMERROR, ""),
    "a name through an alias (RFC 2317)": (
        "192.0.2.25",
        {
            (_FOUR, "CNAME"): "25.0-31.2.0.192.in-addr.arpa.",
            ("25.0-31.2.0.192.in-addr.arpa", "PTR"): "mx.example.com.",
            ("mx.example.com", "A"): "192.0.2.25",
        },
        Result.PASS, "mx.example.com",
    ),
}  # fmt: skip


def judged(address, data, trouble=None):
    """Return what our check says in this world."""
    records = zone(data)
    if trouble:
        records.troubles[trouble] = Trouble.SERVFAIL

    async def asked():  # noqa: ANN202  # what the check returns
        async with asking(records) as resolver:
            return await reverse_name(LookUps(resolver), address)

    return asyncio.run(asked())


@pytest.mark.parametrize("address, data, result, name", CASES.values(), ids=CASES)
def test_an_address_and_its_name(address, data, result, name):
    """Result and name; only a pass holds."""
    found = judged(address, data)

    assert (found.result, found.name) == (result, name)
    assert finding(found).answer is (Answer.HOLDS if result is Result.PASS else Answer.FAILS)
    assert finding(found).values["reverse"] in {_FOUR, _SIX}


@pytest.mark.parametrize("where", ["in-addr.arpa", "example.com"])
def test_a_resolver_that_cannot_tell_fails_nobody(where):
    """Neither on the way there nor on the way back."""
    found = judged("192.0.2.25", {(_FOUR, "PTR"): "mx.example.com."}, trouble=where)

    assert (found.result, finding(found).answer) == (Result.TEMPERROR, Answer.UNKNOWN)


def test_a_hundred_names_are_not_all_asked_about():
    """RFC 7208 §4.6.4 bounds PTR names likewise."""
    names = tuple(f"h{number}.example.com." for number in range(100))
    found = judged("192.0.2.25", {(_FOUR, "PTR"): names})

    assert found.result is Result.FAIL


def test_what_is_no_address_is_an_error():
    """Of the caller."""
    with pytest.raises(ValueError, match="nonsense"):
        judged("nonsense", {})
