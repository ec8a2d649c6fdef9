"""A row of ``read --json`` read back: JSON in, a Report out.

Only the facts are taken: what they mean is explained anew, by the catalogue of today.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from whybounce.notation import hops_of, original_of, read_reply
from whybounce.vocabulary.outcome import Action, Attempt, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Kind, Report
from whybounce.vocabulary.status_code import StatusCode

_DEEPEST = 6

Time = Annotated[datetime, msgspec.Meta(tz=True)]


class RowError(ValueError):
    """The JSON is no row of ``read --json``. Says where in it and what was expected."""


class _Explained(msgspec.Struct):
    """What an explanation tells of the reply: the words, and those that they wrap."""

    reply: str | None = None
    inner: "_Explained | None" = None


class _Attempt(msgspec.Struct):
    time: Time | None = None
    remote: str | None = None
    reply: str | None = None


class _Outcome(msgspec.Struct):
    recipient: str | None = None
    original_recipient: str | None = None
    action: Action | None = None
    status: str | None = None
    reply: str | None = None
    command: str | None = None
    remote: str | None = None
    rejected_by: str | None = None
    reply_from: str | None = None
    last_attempt: Time | None = None
    will_retry_until: Time | None = None
    attempts: tuple[_Attempt, ...] = ()
    explanation: _Explained | None = None


class _Original(msgspec.Struct):
    headers: tuple[tuple[str, str], ...] = ()


class _Row(msgspec.Struct):
    outcomes: tuple[_Outcome, ...]
    kind: Kind = Kind.FAILURE
    generator: str | None = None
    date: Time | None = None
    arrival_date: Time | None = None
    envelope_id: str | None = None
    language: str | None = None
    original: _Original | None = None


def report_of(row: bytes) -> Report:
    """Return the report that the row tells.

    Raises:
        RowError: It is no JSON, or not of that shape.

    """
    try:
        told = msgspec.json.decode(row, type=_Row)
    except msgspec.MsgspecError as error:
        raise RowError(str(error)) from error
    except UnicodeDecodeError as error:
        raise RowError("it is not in UTF-8") from error
    except RecursionError:
        raise RowError("its objects and arrays stand in one another too deeply") from None
    original = original_of(told.original.headers) if told.original else None
    return Report(
        kind=told.kind,
        form="json",
        generator=told.generator,
        date=told.date,
        arrival_date=told.arrival_date,
        envelope_id=told.envelope_id,
        language=told.language,
        outcomes=tuple(map(_outcome, told.outcomes)),
        original=original,
        hops=hops_of(original) if original else (),
    )


def _outcome(told: _Outcome) -> Outcome:
    return Outcome(
        recipient=told.recipient,
        original_recipient=told.original_recipient,
        action=told.action,
        status=StatusCode.parse(told.status) if told.status else None,
        reply=_reply(told),
        command=told.command,
        remote=told.remote,
        rejected_by=told.rejected_by,
        reply_from=told.reply_from,
        last_attempt=told.last_attempt,
        will_retry_until=told.will_retry_until,
        attempts=tuple(
            Attempt(one.time, one.remote, read_reply(one.reply) if one.reply else None)
            for one in told.attempts
        ),
    )


def _reply(told: _Outcome) -> Reply | None:
    """Return the reply with what it wraps: the row has each in the explanation that is its own."""
    said = [told.reply] if told.reply else []
    inner = told.explanation.inner if told.explanation else None
    while inner is not None and len(said) < _DEEPEST:
        if inner.reply:
            said.append(inner.reply)
        inner = inner.inner
    return read_reply(" -> ".join(said)) if said else None
