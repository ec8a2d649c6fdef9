"""Refuse mail for mailboxes that take none: disabled ones, and those whose owner has moved."""

from whybounce.gateway.directory import Mailbox
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse where the mailbox is closed."""
    entry = facts.found.entry if facts.found else None
    if not isinstance(entry, Mailbox):
        return PASS
    if entry.moved_to:
        return Refuse("mailbox-moved", facts.values, f"its owner is at {entry.moved_to}")
    return Refuse("mailbox-disabled", facts.values) if entry.disabled else PASS


POLICY = Policy(
    "mailbox_open",
    Stage.RCPT,
    ("mailbox-disabled", "mailbox-moved"),
    judge,
    settings=("mailbox.disabled", "mailbox.moved-to"),
)
