"""Put off clients whose traffic is suspicious: the address is told to try again later.

More mail than the address ever sends, guessed recipients and spam are what a server looks like that
was broken into, or that harvests addresses. Judged by its own history, and lifted by time: an honest
server tries again and loses nothing. Servers that a connector names are known, and not judged.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.suspecting import SETTINGS, suspicion, tallies
from whybounce.gateway.policies.verdicts import PASS, Defer, Restriction, Verdict
from whybounce.gateway.sub_reasons import status_of

_CAUSE = "ip-temporarily-restricted"
_WHOSE = "client"


def judge(facts: Facts) -> Verdict:
    """Put off where a restriction is in force, or there is reason to begin one."""
    address = _subject(facts)
    if not address:
        return PASS
    block = facts.block(_CAUSE, "ip")
    if block is not None:
        return Defer(_CAUSE, facts.values, block.reason, status_of(_CAUSE, block.reason))
    why = suspicion(facts, _WHOSE)
    if not why:
        return PASS
    restriction = Restriction("ip", address, _CAUSE, why, facts.limits.restriction)
    return Defer(_CAUSE, facts.values, why, status_of(_CAUSE, why), restriction)


def _subject(facts: Facts) -> str:
    known = facts.login is not None or facts.connector is not None
    return "" if known else str(facts.session.address)


POLICY = Policy(
    "client_unsuspicious",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=SETTINGS,
    needs=frozenset({Need.BLOCKS}),
    blocks=("ip",),
    tallies=tallies(_WHOSE, _subject),
)
