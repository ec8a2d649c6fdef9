"""Which clients block lists keep out."""

import pytest

from facts import STRANGER, cause_of, replace, words_of
from whybounce.checking.block_lists import BlockListResult, Listing
from whybounce.gateway.policies.client_unlisted import judge


def said(listing: Listing):
    """Return the facts with two lists' answers, the second this one."""
    first = BlockListResult(Listing.NOT_LISTED, "a.example", "192.0.2.9", "not there")
    link = "https://b.example/192.0.2.9"
    second = BlockListResult(listing, "b.example", "192.0.2.9", "said so", link=link)
    return replace(STRANGER, listings=(first, second))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (said(Listing.LISTED), "blocked-by-dnsbl"),
        (said(Listing.NOT_LISTED), None),
        (said(Listing.REFUSED), None),
        (said(Listing.FAILED), None),
        (STRANGER, None),
    ],
)
def test_only_a_listing_is_a_listing(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_list_is_named():
    assert "b.example" in words_of(judge(said(Listing.LISTED)))
