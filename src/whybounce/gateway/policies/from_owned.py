"""Refuse an author, the From field, that is not the login's own: RFC 6409 §6.1.

Of several authors all must be, or one of them and the Sender field (RFC 5322 §3.6.2): else a stranger's
name stands beside one's own.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse who is logged in and writes as somebody else; a field that names nobody passes."""
    content = facts.content
    if content is None or content.owns_from in {None, True}:
        return PASS
    return Refuse("send-as-denied", {**facts.values, "sender": ", ".join(content.authors[:3])})


POLICY = Policy(
    "from_owned",
    Stage.MESSAGE,
    ("send-as-denied",),
    judge,
    settings=("account.send-as",),
)
