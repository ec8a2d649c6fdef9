"""Refuse mail in the name of a domain that asks for it to be refused when it cannot be its own.

RFC 9989 §7.4: never by p=reject alone. Mailing lists and forwarders break what DMARC looks at; where one
of them explains the failure, the message is not refused for it: a trusted server's ARC seal that found
it good, the list's own signature, or a forwarder the operator knows.
"""

from whybounce.gateway.addresses import domain_of
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.notation import first_field
from whybounce.vocabulary.authentication import Authentication, DmarcPolicy, Method, Result

_ENOUGH = frozenset({Method.DMARC, Method.DKIM, Method.SPF})


def judge(facts: Facts) -> Verdict:
    """Refuse on DMARC fail and p=reject where nothing else explains it."""
    found = facts.authentication
    if found is None or found.dmarc.result is not Result.FAIL:
        return PASS
    if found.dmarc.asked is not DmarcPolicy.REJECT or facts.is_passed_on:
        return PASS
    if _sealed(found, facts) or _signed_by_list(found, facts):
        return PASS
    dmarc = found.dmarc
    why = f"{dmarc.evidence}; _dmarc.{dmarc.policy_domain} says {dmarc.record!r}"
    signed = (each.evidence for each in found.signatures[:2])
    reason = "; ".join((why, found.spf.evidence, *signed))
    values = {**facts.values, "sender_domain": dmarc.domain, "reason": reason}
    return Refuse("dmarc-reject", values, why)


def _sealed(found: Authentication, facts: Facts) -> bool:
    """Whether a trusted server vouches that it was good when it came there, RFC 8617 §7.2."""
    return found.arc.result is Result.PASS and any(
        each.sealer in facts.trust.sealers
        and any(told.method in _ENOUGH and told.result == Result.PASS for told in each.results)
        for each in found.arc.sets
    )


def _signed_by_list(found: Authentication, facts: Facts) -> bool:
    """Whether a mailing list signed it: its own domain, that of the return path it came with."""
    fields = facts.content.fields if facts.content else ()
    if first_field(fields, "list-id") is None:
        return False
    path = domain_of(facts.sender)
    return any(
        each.result is Result.PASS and (path == each.domain or path.endswith(f".{each.domain}"))
        for each in found.signatures
    )


POLICY = Policy(
    "dmarc_passed",
    Stage.MESSAGE,
    ("dmarc-reject",),
    judge,
    settings=("trust.sealers", "trust.forwarders"),
    needs=frozenset({Need.AUTHENTICATION}),
)
