"""Refuse clients on the block list: spam, or signs of a break-in, came from them.

Whoever runs such a server can have it removed without one of us: ``whybounce blocks request``. The
reply says where to ask, and its number says why the address is listed.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.gateway.sub_reasons import status_of

_CAUSE = "banned-sending-ip"


def judge(facts: Facts) -> Verdict:
    """Refuse where the address, or a network it is in, is listed and not our own people's."""
    block = facts.block(_CAUSE, "ip")
    if block is None or facts.is_ours:
        return PASS
    values = {**facts.values, "url": facts.delisting}
    evidence = f"{block.subject}: {block.reason}"
    return Refuse(_CAUSE, values, evidence, status_of(_CAUSE, block.reason))


POLICY = Policy(
    "client_not_listed",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("reports.delisting",),
    needs=frozenset({Need.BLOCKS}),
    blocks=("ip",),
)
