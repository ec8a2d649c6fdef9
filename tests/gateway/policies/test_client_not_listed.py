"""Clients on the block list: why they are there, and where removal is asked for."""

import pytest

from facts import COLLEAGUE, OUR_SERVER, RELAY, STRANGER, blocked, cause_of, replace, words_of
from whybounce.gateway.policies.client_not_listed import judge

LISTED = blocked(STRANGER, "ip", "192.0.2.9", "banned-sending-ip", "spam: 9 of 10")


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (LISTED, "banned-sending-ip"),
        (replace(LISTED, connector=RELAY), "banned-sending-ip"),
        (replace(LISTED, connector=OUR_SERVER), None),
        (replace(COLLEAGUE, blocks=LISTED.blocks), None),
        (blocked(STRANGER, "ip", "192.0.2.9", "banned-ip", "spam"), None),
    ],
)
def test_listed_addresses_are_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


@pytest.mark.parametrize(
    ("reason", "number"),
    [
        ("spam: 9 of 10", "5.7.606"),
        ("compromised: a web form", "5.7.607"),
        ("harvesting: 300 unknown", "5.7.608"),
        ("reputation", "5.7.609"),
        ("because", "5.7.606"),
    ],
)
def test_the_number_says_why(reason, number):
    facts = blocked(STRANGER, "ip", "192.0.2.0/24", "banned-sending-ip", reason)

    assert words_of(judge(facts)).startswith(f"550 {number} ")


def test_the_words_name_the_address_and_where_to_ask():
    page = replace(LISTED, delisting="https://contoso.example/delist")

    assert "192.0.2.9" in words_of(judge(LISTED))
    assert words_of(judge(LISTED)).endswith("ask postmaster@mail.contoso.example for delisting")
    assert words_of(judge(page)).endswith("ask for delisting at https://contoso.example/delist")
