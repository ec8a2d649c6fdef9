"""Refuse what somebody would have to approve first, where only moderators write to a recipient.

A message that waits unseen for approval is a message nobody knows of. So whoever is not a moderator, an owner
or exempt is told at once, and a moderator who agrees sends it on. Reports pass: nobody would send them on.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse where moderators must send it, naming them for the trace."""
    if facts.rights is None or not facts.rights.moderators or not facts.sender:
        return PASS
    names = ", ".join(facts.rights.moderators)
    return Refuse("delivery-not-authorized", facts.values, f"its moderators send it on: {names}")


POLICY = Policy(
    "moderators_send",
    Stage.RCPT,
    ("delivery-not-authorized",),
    judge,
    settings=("group.moderators", "group.unmoderated"),
)
