"""Refuse more messages than a mailbox takes in an hour.

Alarms that repeat themselves and floods of subscriptions bury what a person wants to read.
"""

from datetime import timedelta

from whybounce.gateway.directory import Mailbox
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "hourly-receive-limit"
_COUNTED = "received-per-hour"


def judge(facts: Facts) -> Verdict:
    """Refuse the first message beyond the limit. Reports count, and are refused, as other mail."""
    limit, counted = _limit(facts), facts.counts.get(_COUNTED, 0)
    if not limit or counted < limit:
        return PASS
    values = {**facts.values, "limit": str(limit)}
    return Refuse(_CAUSE, values, f"{counted} messages in an hour")


def _limit(facts: Facts) -> int:
    entry = facts.found.entry if facts.found else None
    if not isinstance(entry, Mailbox):
        return 0
    own = entry.received_per_hour
    return facts.limits.received_per_hour if own is None else own


def _subject(facts: Facts) -> str:
    return facts.found.entry.address.key if facts.found and _limit(facts) else ""


POLICY = Policy(
    "received_per_hour",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("limits.received-per-hour", "mailbox.received-per-hour"),
    tallies=(Tally(_COUNTED, timedelta(hours=1), Stage.RCPT, _subject),),
)
