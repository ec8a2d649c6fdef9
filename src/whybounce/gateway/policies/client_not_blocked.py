"""Refuse clients that the recipient's organisation or domain blocks by their network.

The lists are the organisation's own, so only its administrators can mend an entry; which of the two
lists has it is told, because different people keep them. Our own people are let in from anywhere.
"""

from collections.abc import Iterable

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.gateway.values import Network


def judge(facts: Facts) -> Verdict:
    """Refuse an address on the organisation's list, or on the domain's."""
    if facts.is_ours:
        return PASS
    if facts.receiving and (network := _of(facts, facts.receiving.blocked_networks)):
        return Refuse("rejected-by-recipient", facts.values, f"blocked-networks has {network}")
    if facts.domain and (network := _of(facts, facts.domain.blocked_networks)):
        return Refuse("customer-block-list", facts.values, f"blocked-networks has {network}")
    return PASS


def _of(facts: Facts, networks: Iterable[Network]) -> Network | None:
    address = facts.session.address
    return next((each for each in networks if address in each.addresses), None)


POLICY = Policy(
    "client_not_blocked",
    Stage.RCPT,
    ("rejected-by-recipient", "customer-block-list"),
    judge,
    settings=("organisation.blocked-networks", "domain.blocked-networks"),
)
