"""Refuse more recipients than an account may write to in any 24 hours.

A stolen password is worth what can be sent with it. A group counts as one recipient, and the same
recipient counts again with each message. A client that greeted with HELO was offered no status codes
and is told without one.
"""

from datetime import timedelta

from whybounce.gateway.addresses import folded_login
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "daily-recipient-limit"
_TO_OLD_CLIENTS = "submission-quota-exceeded"
_COUNTED = "recipients-per-day"


def judge(facts: Facts) -> Verdict:
    """Refuse the first recipient beyond the limit."""
    limit = _limit(facts)
    before = facts.counts.get(_COUNTED, 0) + len(facts.envelope.recipients)
    if facts.login is None or not limit or before < limit:
        return PASS
    values = {**facts.values, "sender": facts.sender or facts.login.account.name}
    evidence = f"{before} recipients of {facts.login.account.name} in 24 hours"
    if not facts.session.esmtp:
        return Refuse(_TO_OLD_CLIENTS, values, evidence, plain=True)
    return Refuse(_CAUSE, {**values, "limit": str(limit)}, evidence)


def _limit(facts: Facts) -> int:
    own = facts.mailbox.recipients_per_day if facts.mailbox else None
    return facts.limits.recipients_per_day if own is None else own


def _subject(facts: Facts) -> str:
    return folded_login(facts.login.account.name) if facts.login and _limit(facts) else ""


POLICY = Policy(
    "recipients_per_day",
    Stage.RCPT,
    (_CAUSE, _TO_OLD_CLIENTS),
    judge,
    settings=("limits.recipients-per-day", "mailbox.recipients-per-day"),
    tallies=(Tally(_COUNTED, timedelta(days=1), Stage.RCPT, _subject),),
)
