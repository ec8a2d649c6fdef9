"""Refuse an author, the From field, that is not the login's own: RFC 6409 §6.1."""

from email.utils import parseaddr

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.notation import first_field


def judge(facts: Facts) -> Verdict:
    """Refuse who is logged in and writes as somebody else; a field that names nobody passes."""
    content = facts.content
    if content is None or content.owns_from in {None, True}:
        return PASS
    author = parseaddr(first_field(content.fields, "from") or "")[1]
    return Refuse("send-as-denied", {**facts.values, "sender": author})


POLICY = Policy(
    "from_owned",
    Stage.MESSAGE,
    ("send-as-denied",),
    judge,
    settings=("account.send-as",),
)
