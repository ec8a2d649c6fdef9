"""What makes traffic suspicious: more of it than usual, recipients that nobody has, spam.

Judged of a client's address and of a sending domain alike. What is seen is written as a reason whose
first word is the sub-reason; the numbers are those of ``[limits]``.
"""

from collections.abc import Callable
from datetime import timedelta

from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Defer, Restriction, Verdict
from whybounce.gateway.sub_reasons import status_of

Subject = Callable[[Facts], str]
"""Who is counted; empty for whom nobody suspects."""

SETTINGS = (
    "limits.unusual-messages",
    "limits.unusual-times",
    "limits.unknown-recipients",
    "limits.spam",
    "limits.least",
    "limits.restriction",
)

_UNKNOWN = frozenset({"recipient-not-found", "recipient-rejected-at-edge", "mailbox-unavailable"})
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_HOURS_BEFORE = 23


def tallies(whose: str, subject: Subject) -> tuple[Tally, ...]:
    """Return what is counted of whom, so far as a limit looks at it."""

    def where(looks: Callable[[Facts], int]) -> Subject:
        return lambda facts: subject(facts) if looks(facts) else ""

    messages = where(lambda facts: facts.limits.unusual_messages or facts.limits.spam)
    volume = where(lambda facts: facts.limits.unusual_messages)
    recipients = where(lambda facts: facts.limits.unknown_recipients)
    spam = where(
        lambda facts: facts.limits.spam and (facts.content is None or facts.content.is_spam)
    )
    return (
        Tally(f"{whose}-messages", _HOUR, Stage.MESSAGE, messages),
        Tally(f"{whose}-day", _DAY, Stage.MESSAGE, volume, of=f"{whose}-messages"),
        Tally(f"{whose}-recipients", _HOUR, Stage.RCPT, recipients),
        Tally(f"{whose}-unknown", _HOUR, Stage.RCPT, recipients, refused_for=_UNKNOWN),
        Tally(f"{whose}-spam", _HOUR, Stage.MESSAGE, spam),
    )


def judged(facts: Facts, whose: str, kind: str, subject: str, cause: str) -> Verdict:
    """Put off where a restriction is in force, or there is reason to begin one.

    Args:
        facts: What is known.
        whose: Whose traffic it is, as the tallies have it.
        kind: What kind of block restricts it.
        subject: Whom the block names; empty for whom nobody suspects.
        cause: What they are told.

    """
    if not subject:
        return PASS
    block = facts.block(cause, kind)
    if block is not None:
        return Defer(cause, facts.values, block.reason, status_of(cause, block.reason))
    why = _suspicion(facts, whose)
    if not why:
        return PASS
    restriction = Restriction(kind, subject, cause, why, facts.limits.restriction)
    return Defer(cause, facts.values, why, status_of(cause, why), restriction)


def _suspicion(facts: Facts, whose: str) -> str:
    """Return what makes it suspicious; empty where nothing does."""
    limits = facts.limits

    def counted(what: str) -> int:
        return facts.counts.get(f"{whose}-{what}", 0)

    hour, day = counted("messages"), counted("day")
    known, unknown, spam = counted("recipients"), counted("unknown"), counted("spam")
    if _is_much(unknown, known + unknown, limits.unknown_recipients, limits):
        return f"unknown-recipients: {unknown} of {known + unknown} in an hour"
    if _is_much(spam, hour, limits.spam, limits):
        return f"spam: {spam} of {hour} messages in an hour"
    usual = (day - hour) / _HOURS_BEFORE
    if _is_unusual(hour + 1, usual, limits):
        return f"volume: {hour + 1} messages in an hour, {usual:.0f} in a usual one"
    return ""


def _is_much(some: int, of: int, percentage: int, limits: Limits) -> bool:
    return bool(percentage) and of >= limits.least and some * 100 >= percentage * of


def _is_unusual(hour: int, usual: float, limits: Limits) -> bool:
    start = limits.unusual_messages
    return bool(start) and hour > start and hour > usual * limits.unusual_times
