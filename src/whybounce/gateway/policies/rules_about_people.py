"""Refuse mail between people whom a rule of either organisation keeps apart.

A mail-flow rule is an administrator's own: "nobody outside writes to the trainees". One without words
is about who writes to whom alone, and is told before the message is sent.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse by the first rule about these two that asks for no words."""
    for rule in facts.rules:
        if not rule.words:
            return Refuse("delivery-not-authorized", facts.values, f"mail-flow rule {rule.name}")
    return PASS


POLICY = Policy(
    "rules_about_people",
    Stage.RCPT,
    ("delivery-not-authorized",),
    judge,
    settings=("mail-flow-rule.senders", "mail-flow-rule.recipients"),
)
