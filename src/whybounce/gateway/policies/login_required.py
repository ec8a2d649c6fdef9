"""Refuse who has not logged in, where a listener takes mail from people of ours alone.

An open submission port is a spammer's first find. A listener for other servers may demand a login too:
one that faces a few known applications, say.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse MAIL before AUTH: RFC 6409 §4.3, RFC 4954 §6."""
    if facts.session.account is not None:
        return PASS
    if facts.is_submission:
        return Refuse("anonymous-submission", facts.values)
    return Refuse("client-not-authenticated", facts.values) if facts.login_required else PASS


POLICY = Policy(
    "login_required",
    Stage.MAIL,
    ("anonymous-submission", "client-not-authenticated"),
    judge,
    settings=("listener.kind", "listener.require-auth"),
)
