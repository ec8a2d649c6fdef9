"""Defer mail while the DNS cannot tell whether it is forged.

A resolver that is down, or a domain whose name servers are, says nothing about the sender. Refusing for
good would lose honest mail, and taking it would let forgers in for as long as they keep a server busy.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Defer, Verdict
from whybounce.vocabulary.authentication import Result


def judge(facts: Facts) -> Verdict:
    """Defer where neither SPF nor DMARC could be decided, and no other way shows who sent it."""
    found = facts.authentication
    if found is None or found.dmarc.result is Result.PASS or found.proves_return_path:
        return PASS
    for result, domain, evidence in (
        (found.spf.result, found.spf.domain, found.spf.evidence),
        (found.dmarc.result, found.dmarc.domain, found.dmarc.evidence),
    ):
        if result is Result.TEMPERROR:
            return Defer("dns-query-failed", {**facts.values, "domain": domain}, evidence)
    return PASS


POLICY = Policy(
    "authentication_told",
    Stage.MESSAGE,
    ("dns-query-failed",),
    judge,
    needs=frozenset({Need.AUTHENTICATION}),
)
