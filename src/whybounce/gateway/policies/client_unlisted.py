"""Refuse clients that a DNS block list names.

The list's own words and link are told, because only the list can take a server off. A list that refuses our
resolver has listed nobody: that is written down, and the mail passes.
"""

from whybounce.checking.block_lists import Listing
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse by the first list that lists the client."""
    for each in facts.listings:
        if each.listing is Listing.LISTED:
            values = {**facts.values, "list": each.zone, "url": each.link, "reason": each.text}
            return Refuse("blocked-by-dnsbl", values, each.evidence)
    return PASS


POLICY = Policy(
    "client_unlisted",
    Stage.RCPT,
    ("blocked-by-dnsbl",),
    judge,
    settings=("block-list.zone", "block-list.codes", "block-list.link"),
    needs=frozenset({Need.LISTINGS}),
)
