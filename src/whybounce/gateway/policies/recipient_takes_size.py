"""Refuse what is declared larger than its recipient takes, before it is sent for nothing."""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse a declared SIZE (RFC 1870) beyond the recipient's own limit."""
    limit = facts.found.entry.message_size if facts.found else None
    if limit is None or (facts.envelope.size or 0) <= limit:
        return PASS
    return Refuse("message-too-large", {**facts.values, "limit": str(limit)})


POLICY = Policy(
    "recipient_takes_size",
    Stage.RCPT,
    ("message-too-large",),
    judge,
    settings=("mailbox.message-size",),
)
