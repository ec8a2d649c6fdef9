"""Refuse who is known here, but whose mail would go to an address that is gone.

A contact or a colleague with a mailbox elsewhere stays listed when that mailbox is removed. The
sender's address for them is right; only who keeps the entry can mend it.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse where nobody is at the end of the recipient's way."""
    if not facts.missing:
        return PASS
    return Refuse("no-such-mailbox", facts.values, f"it leads to {facts.missing}, which is gone")


POLICY = Policy(
    "target_exists",
    Stage.RCPT,
    ("no-such-mailbox",),
    judge,
    settings=("mail-user.to", "contact.to"),
)
