"""Refuse messages in which a rule of either organisation finds one of its words.

A mail-flow rule may be about a header field: its subject, a label that a program writes. What is
encoded there (RFC 2047) is read as people read it.
"""

from whybounce.gateway.directory import MailFlowRule
from whybounce.gateway.policies.facts import Content, Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.notation import decoded_words


def judge(facts: Facts) -> Verdict:
    """Refuse by the first rule about any of the recipients that finds a word."""
    if facts.content is None:
        return PASS
    for taken in facts.taken:
        for rule in taken.rules:
            if word := _word(rule, facts.content):
                why = f"mail-flow rule {rule.name} found {word!r} in {rule.field}"
                return Refuse("delivery-not-authorized", taken.values, why)
    return PASS


def _word(rule: MailFlowRule, content: Content) -> str | None:
    """Return which of the rule's words stands in a field of its name."""
    if not rule.words:
        return None
    wanted = rule.field.lower()
    told = [
        decoded_words(value).casefold() for name, value in content.fields if name.lower() == wanted
    ]
    return next(
        (word for word in rule.words if any(word.casefold() in text for text in told)), None
    )


POLICY = Policy(
    "rules_about_words",
    Stage.MESSAGE,
    ("delivery-not-authorized",),
    judge,
    settings=("mail-flow-rule.field", "mail-flow-rule.words"),
)
