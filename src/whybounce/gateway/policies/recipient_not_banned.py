"""Refuse recipients to whom nothing is delivered: whoever runs the service has banned them.

Such a ban is a block of the kind "recipient", for an address or for a whole domain ("@example.org").
Operators list and lift it as they do others.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "banned-recipient"


def judge(facts: Facts) -> Verdict:
    """Refuse where a block names the recipient."""
    block = facts.block(_CAUSE, "recipient")
    if block is None:
        return PASS
    return Refuse(_CAUSE, facts.values, f"block {block.id}: {block.reason}")


POLICY = Policy(
    "recipient_not_banned", Stage.RCPT, (_CAUSE,), judge, needs=frozenset({Need.BLOCKS})
)
