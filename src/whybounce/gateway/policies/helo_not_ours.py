"""Refuse clients that introduce themselves by our own name or address: RFC 5321 §4.1.1.1.

No server has another's name; programs that spread spam take that of the server they speak to. What
runs on this very machine may well have its name.
"""

from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "bad-helo"


def judge(facts: Facts) -> Verdict:
    """Refuse where a stranger on another machine greets with one of our names."""
    client, said = facts.session.address, facts.session.helo or ""
    if facts.is_ours or client.is_loopback or str(client) in facts.own_names:
        return PASS
    name = said.strip("[]").lower().removeprefix("ipv6:") if "[" in said else folded_domain(said)
    if name.rstrip(".") not in facts.own_names:
        return PASS
    return Refuse(_CAUSE, facts.values)


POLICY = Policy(
    "helo_not_ours",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("server.name", "listener.addresses"),
)
