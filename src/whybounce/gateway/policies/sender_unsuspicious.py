"""Put off senders whose traffic is suspicious: the sending domain is told to try again later.

As for clients, but of a domain, whichever servers it sends from. Anybody can write a domain into a
return path, so that a forger can have another's mail put off for a while, never refused: numbers for
this are set where mail is known to come from its domain's servers, or left to who looks at SPF and DKIM.
"""

from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.suspecting import SETTINGS, judged, tallies
from whybounce.gateway.policies.verdicts import Verdict

_CAUSE = "sender-temporarily-restricted"
_WHOSE = "sender"
_KIND = "sender"


def judge(facts: Facts) -> Verdict:
    """Put off where the domain's own history is suspicious."""
    return judged(facts, _WHOSE, _KIND, _subject(facts), _CAUSE)


def _subject(facts: Facts) -> str:
    known = facts.login is not None or facts.connector is not None
    if known or "@" not in facts.sender:
        return ""
    return f"@{folded_domain(facts.sender.rpartition('@')[2])}"


POLICY = Policy(
    "sender_unsuspicious",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=SETTINGS,
    needs=frozenset({Need.BLOCKS}),
    blocks=(_KIND,),
    tallies=tallies(_WHOSE, _subject),
)
