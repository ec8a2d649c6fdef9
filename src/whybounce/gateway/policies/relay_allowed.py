"""Refuse to carry strangers' mail to strangers.

Whoever relays for anybody is soon used by spammers and blocked by everybody. Those who are logged in,
and servers that a connector allows to, may send to anywhere.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse where neither the recipient's domain nor the client is ours."""
    if facts.domain or facts.may_relay:
        return PASS
    return Refuse("unable-to-relay", facts.values)


POLICY = Policy("relay_allowed", Stage.RCPT, ("unable-to-relay",), judge)
