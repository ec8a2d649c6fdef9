"""Block lists: listed, not listed, and "you may not ask me", RFC 5782."""

import asyncio

import pytest

from whybounce.checking.block_lists import BlockList, Listing, block_lists, finding
from whybounce.checking.lookups import LookUps
from whybounce.provoking.name_server import Trouble
from whybounce.vocabulary.finding import Answer
from zones import asking, zone

LIST = BlockList("bl.example", link="https://bl.example/look-up?q={ip}")
OTHER = BlockList("dnsbl.example.net")
_AT = "99.2.0.192.bl.example"
_WORDS = "192.0.2.99 sent spam, see https://bl.example/why/99."
CASES = {
    "not listed": ({("2.0.0.127.bl.example", "A"): "127.0.0.2"}, Listing.NOT_LISTED, ""),
    "listed": ({(_AT, "A"): "127.0.0.2"}, Listing.LISTED, "https://bl.example/look-up?q=192.0.2.99"),
    "listed, with words": (
        {(_AT, "A"): "127.0.0.2", (_AT, "TXT"): _WORDS}, Listing.LISTED, "https://bl.example/why/99",
    ),
    "refused by a code": (
        {(_AT, "A"): "127.255.255.254", (_AT, "TXT"): "Error: open resolver"}, Listing.REFUSED,
        "https://bl.example/look-up?q=192.0.2.99",
    ),
    "everything is listed": (
        {(_AT, "A"): "127.0.0.2", ("1.0.0.127.bl.example", "A"): "127.0.0.2"}, Listing.REFUSED,
        "https://bl.example/look-up?q=192.0.2.99",
    ),
    "the zone was sold": (
        {(_AT, "A"): "203.0.113.80"}, Listing.REFUSED, "https://bl.example/look-up?q=192.0.2.99",
    ),
}  # fmt: skip


def judged(data, subject="192.0.2.99", lists=(LIST,), trouble=None):
    """Return what our check says in this world."""
    records = zone(data)
    if trouble:
        records.troubles["bl.example"] = trouble

    async def asked():  # noqa: ANN202  # what the check returns
        async with asking(records) as resolver:
            return await block_lists(LookUps(resolver), subject, lists)

    return asyncio.run(asked())


@pytest.mark.parametrize("data, listing, link", CASES.values(), ids=CASES)
def test_what_a_list_answers(data, listing, link):
    """With its own words and link, where it has some."""
    (found,) = judged(data)

    assert (found.listing, found.link) == (listing, link), found


def test_only_a_listing_fails():
    """A refusal is not known, and says so."""
    answers = {name: finding(judged(data)).answer for name, (data, *_) in CASES.items()}

    assert {name for name, answer in answers.items() if answer is Answer.FAILS} == {
        "listed",
        "listed, with words",
    }
    assert answers["not listed"] is Answer.HOLDS
    assert "does not answer our resolver" in finding(judged(CASES["refused by a code"][0])).evidence


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - {Trouble.DENIED}))
def test_a_list_that_is_down_lists_nobody(trouble):
    """The kernel.org case: a resolver's trouble refused honest mail."""
    (found,) = judged({(_AT, "A"): "127.0.0.2"}, trouble=trouble)

    assert (found.listing, finding([found]).answer) == (Listing.FAILED, Answer.UNKNOWN)


def test_a_listing_that_cannot_be_told_from_a_refusal_lists_nobody():
    """The entry that tells the two apart gives no answer."""
    records = zone({(_AT, "A"): "127.0.0.2"})
    records.troubles["1.0.0.127.bl.example"] = Trouble.SERVFAIL

    async def asked():  # noqa: ANN202  # what the check returns
        async with asking(records) as resolver:
            return await block_lists(resolver, "192.0.2.99", (LIST,))

    assert asyncio.run(asked())[0].listing is Listing.FAILED


def test_a_code_can_mean_something_else_than_a_listing():
    """Lists put several things into one zone; the operator says which codes count."""
    lists = (BlockList("bl.example", codes=("127.0.0.2/31",)),)

    assert judged({(_AT, "A"): "127.0.0.3"}, lists=lists)[0].listing is Listing.LISTED
    assert judged({(_AT, "A"): "127.0.0.9"}, lists=lists)[0].listing is Listing.NOT_LISTED


def test_several_lists_answer_in_their_order():
    """One of them is down; one lists."""
    data = {("99.2.0.192.dnsbl.example.net", "A"): "127.0.0.4"}
    found = judged(data, lists=(LIST, OTHER), trouble=Trouble.SERVFAIL)

    assert [one.listing for one in found] == [Listing.FAILED, Listing.LISTED]
    assert finding(found).values == {"ip": "192.0.2.99", "list": "dnsbl.example.net", "url": ""}


def test_ipv6_and_domains_are_asked_about_in_their_own_forms():
    """RFC 5782 §2.4 and §3."""
    six = f"9.9.{'0.' * 22}8.b.d.0.1.0.0.2.bl.example"
    data = {(six, "A"): "127.0.0.2", ("fabrikam.example.bl.example", "A"): "127.0.1.2"}

    assert judged(data, subject="2001:db8::99")[0].listing is Listing.LISTED
    assert judged(data, subject="Fabrikam.example.")[0].listing is Listing.LISTED


def test_no_list_asked_is_no_answer():
    """Nothing is claimed."""
    assert finding(()).answer is Answer.UNKNOWN
