"""Refuse more messages than a mailbox takes from one sender in an hour.

One program that runs wild, or two automatic replies that answer each other, leave room for others.
"""

from datetime import timedelta

from whybounce.gateway.addresses import key_of
from whybounce.gateway.directory import Mailbox
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "hourly-limit-from-one-sender"
_COUNTED = "received-per-hour-from-one-sender"


def judge(facts: Facts) -> Verdict:
    """Refuse the first message beyond the limit. Reports pass: the null return path is nobody's."""
    limit = facts.limits.received_per_hour_from_one_sender
    counted = facts.counts.get(_COUNTED, 0)
    if not limit or counted < limit or not _subject(facts):
        return PASS
    values = {**facts.values, "limit": str(limit)}
    return Refuse(_CAUSE, values, f"{counted} messages in an hour")


def _subject(facts: Facts) -> str:
    entry = facts.found.entry if facts.found else None
    limit = facts.limits.received_per_hour_from_one_sender
    if not limit or not facts.sender or not isinstance(entry, Mailbox):
        return ""
    return f"{entry.address.key} {key_of(facts.sender)}"


POLICY = Policy(
    "received_per_hour_from_one_sender",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("limits.received-per-hour-from-one-sender",),
    tallies=(Tally(_COUNTED, timedelta(hours=1), Stage.RCPT, _subject),),
)
