"""When our own servers send too much in strangers' names."""

import pytest

from facts import COLLEAGUE, CONTOSO, RELAY, STRANGER, cause_of, replace
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.sender_domain_registered import POLICY, judge
from whybounce.vocabulary.envelope import Envelope

FOREIGN = replace(
    STRANGER,
    connector=RELAY,
    organisation=CONTOSO,
    sender_registered=False,
    domain=None,
    limits=Limits(unregistered_per_day=3),
)


def after(sent: int, facts=FOREIGN):
    """Return the facts when so many were written to before."""
    return replace(facts, counts={"unregistered-senders": sent})


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (after(2), None),
        (after(3), "unregistered-domains"),
        (after(3, replace(FOREIGN, sender_registered=True)), None),
        (after(3, replace(FOREIGN, envelope=Envelope(""))), None),
        (after(3, replace(FOREIGN, domain=STRANGER.domain)), None),
        (after(3, replace(FOREIGN, limits=Limits())), None),
        (after(3, replace(COLLEAGUE, limits=FOREIGN.limits)), None),
    ],
)
def test_a_few_forwarded_messages_pass_and_a_flood_does_not(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_only_strangers_names_are_counted():
    (tally,) = POLICY.tallies

    assert tally.key(FOREIGN) == "unregistered-senders Contoso"
    assert tally.key(replace(FOREIGN, sender_registered=True)) == ""
    assert tally.key(COLLEAGUE) == ""
