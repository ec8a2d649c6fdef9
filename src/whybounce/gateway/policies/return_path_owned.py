"""Refuse return paths that are not the login's own: reports would reach somebody who never wrote."""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse who is logged in and sends as somebody else; the null return path is anybody's."""
    if not facts.sender or facts.owns_return_path in {None, True}:
        return PASS
    return Refuse("send-as-denied", facts.values)


POLICY = Policy(
    "return_path_owned",
    Stage.MAIL,
    ("send-as-denied",),
    judge,
    settings=("account.send-as",),
)
