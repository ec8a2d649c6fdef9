"""What attempts mean for the queue: who is done, who is tried again and when, and who must be told.

Pure: the time and chance are passed in. The reports themselves are somebody else's work.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from whybounce.gateway.delivery.attempts import Attempt, Ending
from whybounce.gateway.delivery.recording import (
    attempt_rows,
    cause_at_expiry,
    cause_of,
    expired,
    outcome_of,
    untried_rows,
)
from whybounce.gateway.store.rows import (
    Consignment,
    Deferral,
    Event,
    LeasedRecipient,
    Outgoing,
    QueuedMessage,
    Retirement,
    Settlement,
    Terminal,
    Told,
)
from whybounce.gateway.store.schedule import Schedule, next_try
from whybounce.vocabulary.envelope import Notify
from whybounce.vocabulary.outcome import Outcome

_TERMINALS = {
    Ending.DELIVERED: Terminal.DELIVERED,
    Ending.RELAYED: Terminal.RELAYED,
    Ending.FAILED: Terminal.FAILED,
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What has become of one recipient."""

    recipient: LeasedRecipient
    terminal: Terminal | None  # None: it is tried again.
    outcome: Outcome
    cause: str | None = None  # What we found ourselves; None: the reply tells.
    passed_dsn: bool = False  # Its success is the next hop's to tell.
    sent_through: str | None = None  # The host of our choice that refused it or put it off.

    @property
    def is_failure(self) -> bool:
        """Whether it has failed for good."""
        return self.terminal is not None and self.terminal.is_failure


@dataclass(frozen=True, slots=True)
class Telling:
    """A message, and those of its recipients of whom the sender may have to be told."""

    message: QueuedMessage
    conclusions: tuple[Conclusion, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Notices:
    """The reports to queue with the settlement, or why there are none."""

    messages: tuple[Outgoing, ...] = ()
    report: Mapping[int, int] = field(default_factory=dict)  # Recipient → place in ``messages``.
    told: Mapping[int, Told] = field(default_factory=dict)  # Recipient → why there is no report.
    causes: Mapping[int, str] = field(default_factory=dict)  # Recipient → what its reply means.
    events: tuple[Event, ...] = ()


def conclude(
    attempts: Iterable[Attempt],
    message: QueuedMessage,
    *,
    now: datetime,
    answered: frozenset[int] = frozenset(),
) -> tuple[Conclusion, ...]:
    """Return what the attempts come to. ``answered`` are recipients a remote spoke of before."""
    return tuple(_conclusion(each, message, now, answered) for each in attempts)


def is_expiring(attempt: Attempt, message: QueuedMessage, now: datetime) -> bool:
    """Return whether this was the last try."""
    return attempt.ending is Ending.DEFERRED and now >= message.expires


def _conclusion(
    attempt: Attempt, message: QueuedMessage, now: datetime, answered: frozenset[int]
) -> Conclusion:
    recipient, cause, through = attempt.recipient, cause_of(attempt), _sent_through(attempt)
    if is_expiring(attempt, message, now):
        was_answered = recipient.number in answered or any(each.reply for each in attempt.asked)
        outcome = expired(attempt, was_answered=was_answered)
        # Where only the time is up, what the last error inside means is the cause: see the notice.
        own = cause if cause == cause_at_expiry(attempt) else None
        return Conclusion(recipient, Terminal.EXPIRED, outcome, own, sent_through=through)
    if attempt.ending is Ending.DEFERRED:
        outcome = outcome_of(attempt, retry_until=message.expires)
        return Conclusion(recipient, None, outcome, cause, sent_through=through)
    terminal, outcome = _TERMINALS[attempt.ending], outcome_of(attempt)
    return Conclusion(recipient, terminal, outcome, cause, attempt.passed_dsn, through)


def _sent_through(attempt: Attempt) -> str | None:
    decided = attempt.decided
    if not attempt.through_our_choice or decided.reply is None or decided.remote is None:
        return None
    return None if attempt.ending is Ending.RELAYED else decided.remote.host


def to_tell(
    conclusions: Iterable[Conclusion], message: QueuedMessage, schedule: Schedule, now: datetime
) -> tuple[Conclusion, ...]:
    """Return those the sender may have to be told of, RFC 3461 §5.2 and the delay notice."""
    is_late = now - message.arrived >= schedule.tell_after
    return tuple(each for each in conclusions if _is_worth_telling(each, is_late=is_late))


def _is_worth_telling(conclusion: Conclusion, *, is_late: bool) -> bool:
    if conclusion.terminal is None:
        return is_late and conclusion.recipient.delay_told is None
    if conclusion.is_failure:
        return True
    notify = conclusion.recipient.notify or frozenset()
    return Notify.SUCCESS in notify and not conclusion.passed_dsn


def settlement(
    consignment: Consignment,
    attempts: Sequence[Attempt],
    conclusions: Sequence[Conclusion],
    notices: Notices,
    *,
    asked: Iterable[Conclusion],
    schedule: Schedule,
    now: datetime,
    chance: Callable[[], float],
) -> Settlement:
    """Return what to record.

    Args:
        consignment: Whose recipients they are.
        attempts: What was tried.
        conclusions: What came of it.
        notices: What is to be queued about it.
        asked: For whom the reporter was asked: they are not asked for again because of delay.
        schedule: When to try again.
        now: When the attempts ended.
        chance: From 0 to 1.

    """
    told = {each.recipient.number for each in asked}
    met = untried_rows(attempts)
    deferrals, retirements = [], []
    for each in conclusions:
        if each.terminal is None:
            due = _next_try(each.recipient, consignment.message, schedule, now, chance())
            delay_told = now if each.recipient.number in told else None
            number = each.recipient.number
            deferrals.append(Deferral(number, due, delay_told, met.get(number)))
        else:
            retirements.append(_retirement(each, each.terminal, notices))
    return Settlement(
        consignment,
        now,
        attempts=attempt_rows(attempts),
        deferrals=tuple(deferrals),
        retirements=tuple(retirements),
        messages=notices.messages,
        events=notices.events,
    )


def postponement(
    consignment: Consignment,
    attempts: Sequence[Attempt],
    conclusions: Sequence[Conclusion],
    *,
    schedule: Schedule,
    now: datetime,
    event: str,
    chance: Callable[[], float],
) -> Settlement:
    """Return what to record where no report could be made: nobody fails without being told of."""
    kept = [each for each in conclusions if not each.is_failure]
    put_off = [each for each in conclusions if each.is_failure]
    return settlement(
        consignment,
        attempts,
        [
            *kept,
            *(Conclusion(each.recipient, None, each.outcome, each.cause) for each in put_off),
        ],
        Notices(
            events=tuple(
                Event(
                    now,
                    "report-failed",
                    consignment.node,
                    event,
                    consignment.message.id,
                    each.recipient.number,
                    each.recipient.address,
                )
                for each in put_off
            )
        ),
        asked=(),
        schedule=schedule,
        now=now,
        chance=chance,
    )


def _next_try(
    recipient: LeasedRecipient,
    message: QueuedMessage,
    schedule: Schedule,
    now: datetime,
    chance: float,
) -> datetime:
    expires = message.expires
    if now >= expires:  # Only a report is waited for.
        expires = now + schedule.waits[-1]
    return next_try(schedule, tries=recipient.tries + 1, now=now, expires=expires, chance=chance)


def _retirement(conclusion: Conclusion, terminal: Terminal, notices: Notices) -> Retirement:
    number, outcome = conclusion.recipient.number, conclusion.outcome
    report = notices.report.get(number)
    return Retirement(
        number,
        terminal,
        cause=notices.causes.get(number, conclusion.cause),
        status=str(outcome.status) if outcome.status else None,
        reply=str(outcome.reply.innermost) if outcome.reply else None,
        remote=outcome.remote,
        report=report,
        told=None if report is not None else notices.told.get(number),
    )
