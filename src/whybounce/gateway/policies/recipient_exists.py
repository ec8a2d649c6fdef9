"""Refuse whom an authoritative domain does not have.

Told at once, a typing error is mended in a minute; found out after acceptance, it becomes a report
that may reach somebody who never wrote. A domain may hide from outsiders who is there, or be a service
for everybody, which says that the mailbox is not available.
"""

from whybounce.gateway.directory import DomainKind
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse where the domain's recipients are known and this is none of them."""
    domain = facts.domain
    if domain is None or domain.kind is not DomainKind.AUTHORITATIVE:
        return PASS
    if facts.found or facts.is_return:
        return PASS
    if facts.is_ours:
        return Refuse("recipient-not-found", facts.values)
    if domain.consumer:
        return Refuse("mailbox-unavailable", facts.values)
    cause = "recipient-rejected-at-edge" if domain.edge_blocking else "recipient-not-found"
    return Refuse(cause, facts.values)


POLICY = Policy(
    "recipient_exists",
    Stage.RCPT,
    ("recipient-not-found", "recipient-rejected-at-edge", "mailbox-unavailable"),
    judge,
    settings=("domain.kind", "domain.catch-all", "domain.edge-blocking", "domain.consumer"),
)
