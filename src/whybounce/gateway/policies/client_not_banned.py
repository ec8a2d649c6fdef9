"""Refuse clients that are banned until a person here has looked into their case.

This list is kept by hand, and nothing lifts a ban but a hand. People of ours who are logged in may
come from anywhere; a server of ours that is banned by name is banned.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "banned-ip"


def judge(facts: Facts) -> Verdict:
    """Refuse where the address, or a network it is in, is banned."""
    block = facts.block(_CAUSE, "ip")
    if block is None or facts.login is not None:
        return PASS
    return Refuse(_CAUSE, facts.values, f"{block.subject}: {block.reason}")


POLICY = Policy(
    "client_not_banned",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    needs=frozenset({Need.BLOCKS}),
    blocks=("ip",),
)
