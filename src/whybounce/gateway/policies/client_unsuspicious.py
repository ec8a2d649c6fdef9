"""Put off clients whose traffic is suspicious: the address is told to try again later.

More mail than the address ever sends, guessed recipients and spam are what a server looks like that
was broken into, or that harvests addresses. Judged by its own history, and lifted by time: an honest
server tries again and loses nothing. Servers that a connector names are known, and not judged.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.suspecting import SETTINGS, judged, tallies
from whybounce.gateway.policies.verdicts import Verdict

_CAUSE = "ip-temporarily-restricted"
_WHOSE = "client"
_KIND = "ip"


def judge(facts: Facts) -> Verdict:
    """Put off where their own history is suspicious."""
    return judged(facts, _WHOSE, _KIND, _subject(facts), _CAUSE)


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
    blocks=(_KIND,),
    tallies=tallies(_WHOSE, _subject),
)
