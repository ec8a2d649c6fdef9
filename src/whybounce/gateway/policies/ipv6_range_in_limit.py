"""Refuse more mail from one range of IPv6 addresses than is allowed in an hour.

Whoever has an IPv6 network has more addresses than anybody could list: those of a range count as one.
"""

from datetime import timedelta
from ipaddress import ip_network

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "ipv6-range-limit"
_COUNTED = "ipv6-range"


def judge(facts: Facts) -> Verdict:
    """Refuse what goes over the limit; who is known by log-in or connector is not counted."""
    network = _range(facts)
    counted, limit = facts.counts.get(_COUNTED, 0), facts.limits.ipv6_range_per_hour
    if not network or counted < limit:
        return PASS
    evidence = f"{counted} messages in an hour from {network}"
    return Refuse(_CAUSE, {**facts.values, "limit": str(limit)}, evidence)


def _range(facts: Facts) -> str:
    address = facts.session.address
    known = facts.login is not None or facts.connector is not None
    if known or not facts.is_over_ipv6 or not facts.limits.ipv6_range_per_hour:
        return ""
    return str(ip_network((address, facts.limits.ipv6_range), strict=False))


POLICY = Policy(
    "ipv6_range_in_limit",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("limits.ipv6-range-per-hour", "limits.ipv6-range"),
    tallies=(Tally(_COUNTED, timedelta(hours=1), Stage.MESSAGE, _range),),
)
