"""Defer mail over IPv6 that neither SPF nor DKIM speaks for.

Over IPv6 nothing is known of an address, so a domain must answer for the message. The sender's server
tries again, over IPv4 too; nothing is lost.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Defer, Verdict
from whybounce.vocabulary.authentication import Result


def judge(facts: Facts) -> Verdict:
    """Defer where SPF does not pass and no signature is good."""
    found = facts.authentication
    if found is None or not facts.is_over_ipv6 or facts.is_passed_on:
        return PASS
    signed = any(each.result is Result.PASS for each in found.signatures)
    if signed or Result.PASS in {found.spf.result, found.spf_helo.result}:
        return PASS
    said = "; ".join((found.spf.evidence, *(each.evidence for each in found.signatures[:3])))
    values = {**facts.values, "sender_domain": found.spf.domain, "reason": said}
    return Defer("ipv6-needs-spf-or-dkim", values, said)


POLICY = Policy(
    "ipv6_authenticated",
    Stage.MESSAGE,
    ("ipv6-needs-spf-or-dkim",),
    judge,
    settings=("trust.forwarders",),
    needs=frozenset({Need.AUTHENTICATION}),
)
