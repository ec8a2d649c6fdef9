"""Defer mail while the DNS cannot tell whether it is forged.

A resolver that is down, or a domain whose name servers are, says nothing about the sender. Refusing for
good would lose honest mail, and taking it would let forgers in for as long as they keep a server busy.
"""

from collections.abc import Iterator

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Defer, Verdict
from whybounce.vocabulary.authentication import Authentication, Result


def judge(facts: Facts) -> Verdict:
    """Defer where what decides could not be looked up, and no other way shows who sent it."""
    found = facts.authentication
    if found is None or found.dmarc.result is Result.PASS or found.proves_return_path:
        return PASS
    for result, domain, evidence in _deciding(found):
        if result is Result.TEMPERROR:
            values = {**facts.values, "sender_domain": domain, "reason": evidence}
            return Defer("sender-records-unavailable", values, evidence)
    return PASS


def _deciding(found: Authentication) -> Iterator[tuple[Result, str, str]]:
    """Return what the message would be refused or taken by: with its domain and evidence."""
    yield found.spf.result, found.spf.domain, found.spf.evidence
    yield found.dmarc.result, found.dmarc.domain, found.dmarc.evidence
    if Result.FAIL in {found.spf.result, found.dmarc.result}:  # These could have outweighed it.
        for each in found.signatures:
            yield each.result, each.domain, each.evidence
        yield found.arc.result, found.dmarc.domain, found.arc.evidence


POLICY = Policy(
    "authentication_told",
    Stage.MESSAGE,
    ("sender-records-unavailable",),
    judge,
    needs=frozenset({Need.AUTHENTICATION}),
)
