"""Refuse mail from a server that the sender's domain says may not send for it.

A forwarder breaks SPF and leaves DKIM whole, so a good signature of the author's domain counts for more:
refusing on SPF alone loses the mail of everybody whose address forwards to us.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.vocabulary.authentication import Method, Result, SpfIdentity

_LONGEST_TOLD = 400  # Of a record, so that the reply stays short enough for every client to keep.


def judge(facts: Facts) -> Verdict:
    """Refuse on SPF fail of the return path, RFC 7208 §8.4, unless aligned DKIM passes."""
    found = facts.authentication
    if found is None or found.spf.identity is not SpfIdentity.MAIL_FROM:
        return PASS
    if found.spf.result is not Result.FAIL or Method.DKIM in found.dmarc.aligned:
        return PASS
    if found.proves_return_path or facts.is_passed_on:
        return PASS
    spf = found.spf
    why = f"{spf.evidence}; decided by {spf.term!r} of {spf.record!r}" if spf.term else spf.evidence
    record = spf.record if len(spf.record) <= _LONGEST_TOLD else ""
    values = {**facts.values, "sender_domain": spf.domain, "record": record}
    return Refuse("spf-violation", values, why)


POLICY = Policy(
    "spf_passed",
    Stage.MESSAGE,
    ("spf-violation",),
    judge,
    settings=("trust.forwarders",),
    needs=frozenset({Need.AUTHENTICATION}),
)
