"""Refuse mail over IPv6 from an address without a name.

There are so many IPv6 addresses that block lists cannot follow. A server that is meant to send mail has
a name in the reverse DNS; a stolen computer has none.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Defer, Refuse, Verdict
from whybounce.vocabulary.authentication import Result


def judge(facts: Facts) -> Verdict:
    """Refuse where there is no name; defer where the DNS could not tell."""
    found = facts.authentication
    if found is None or not facts.is_over_ipv6 or facts.is_passed_on:
        return PASS
    name = found.reverse_name
    if name.result is Result.PERMERROR:
        values = {**facts.values, "reverse": name.record}
        return Refuse("ipv6-needs-reverse-dns", values, f"{name.evidence} ({name.record})")
    if name.result is Result.TEMPERROR:
        values = {"ip": name.address, "reverse": name.record}
        return Defer("sender-records-unavailable", values, name.evidence)
    return PASS


POLICY = Policy(
    "ipv6_named",
    Stage.MESSAGE,
    ("ipv6-needs-reverse-dns", "sender-records-unavailable"),
    judge,
    settings=("trust.forwarders",),
    needs=frozenset({Need.AUTHENTICATION}),
)
