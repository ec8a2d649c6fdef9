"""Refuse mail that comes over IPv6 where the recipient's domain takes none.

Much of what decides about a client is known for IPv4 only: a domain that relies on it may leave IPv6
out. Most servers then try again over IPv4 by themselves.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse strangers who come over IPv6, where the domain says so."""
    if facts.domain is None or facts.domain.ipv6 or facts.is_ours or not facts.is_over_ipv6:
        return PASS
    return Refuse("no-ipv6", facts.values)


POLICY = Policy("ipv6_taken", Stage.RCPT, ("no-ipv6",), judge, settings=("domain.ipv6",))
