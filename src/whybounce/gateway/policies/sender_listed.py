"""Refuse whom the recipient's own lists keep out: those of who may write, and of who may not.

Reports pass: the null return path is on nobody's list.
"""

from whybounce.gateway.directory import Group
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse who is on the one list, or missing from the other."""
    rights = facts.rights
    if facts.found is None or rights is None or not facts.sender:
        return PASS
    if rights.accepted and not rights.rejected:
        return PASS
    why = f"{rights.rejected} is on its list of who may not write" if rights.rejected else ""
    is_group = isinstance(facts.found.entry, Group)
    cause = "sender-not-in-allowed-list" if is_group else "delivery-not-authorized"
    return Refuse(cause, facts.values, why)


POLICY = Policy(
    "sender_listed",
    Stage.RCPT,
    ("delivery-not-authorized", "sender-not-in-allowed-list"),
    judge,
    settings=("mailbox.accept-from", "mailbox.reject-from"),
)
