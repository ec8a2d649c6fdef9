"""Refuse more messages than an account may send in a minute.

Programs that run wild and stolen accounts are slowed down before they have done much.
"""

from datetime import timedelta

from whybounce.gateway.addresses import folded_login
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "submission-quota-exceeded"
_COUNTED = "messages-per-minute"


def judge(facts: Facts) -> Verdict:
    """Refuse the first message beyond the limit, before its recipients are named."""
    limit, counted = _limit(facts), facts.counts.get(_COUNTED, 0)
    if facts.login is None or not limit or counted < limit:
        return PASS
    values = {**facts.values, "sender": facts.sender or facts.login.account.name}
    evidence = f"{counted} messages of {facts.login.account.name} in a minute"
    return Refuse(_CAUSE, {**values, "limit": str(limit)}, evidence)


def _limit(facts: Facts) -> int:
    own = facts.mailbox.messages_per_minute if facts.mailbox else None
    return facts.limits.messages_per_minute if own is None else own


def _subject(facts: Facts) -> str:
    return folded_login(facts.login.account.name) if facts.login and _limit(facts) else ""


POLICY = Policy(
    "messages_per_minute",
    Stage.MAIL,
    (_CAUSE,),
    judge,
    settings=("limits.messages-per-minute", "mailbox.messages-per-minute"),
    tallies=(Tally(_COUNTED, timedelta(minutes=1), Stage.MESSAGE, _subject),),
)
