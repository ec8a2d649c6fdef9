"""Finding messages, and telling their lives. A damaged row is named, and hides no other."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Select, func, literal, select, tuple_
from sqlalchemy.exc import DBAPIError

from whybounce.gateway.store.columns import BigInt
from whybounce.gateway.store.errors import StoreError, UnknownMessageError
from whybounce.gateway.store.identity import LARGEST, canonical, earliest, number_of, written
from whybounce.gateway.store.leasing import MESSAGE_COLUMNS, queued_message
from whybounce.gateway.store.rows import (
    Attempt,
    Entry,
    Event,
    Life,
    Outcome,
    Page,
    QueuedRecipient,
    Recipient,
    State,
    Trace,
)
from whybounce.gateway.store.tables import (
    BUCKET,
    AnyRow,
    attempts,
    bucket_of,
    domain_in,
    events,
    messages,
    outcomes,
    recipients,
)
from whybounce.gateway.store.untried import UNTRIED, met_of

_MOST = 1_000  # Messages in one answer.


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages a listing shows. Those that have a recipient like that."""

    state: State | None = None
    domain: str | None = None
    sender: str | None = None


def queue(connection: Connection, which: Filter, *, most: int, after: str | None = None) -> Page:
    """Return unfinished messages, oldest first, at most a thousand."""
    most = min(most, _MOST)
    listed = (
        select(messages.c.body, messages.c.id)
        .where(messages.c.body.is_not(None))
        .order_by(messages.c.body, messages.c.id)
        .limit(most + 1)
    )
    if after is not None:
        listed = listed.where(tuple_(messages.c.body, messages.c.id) > _cursor(after))
    if which.sender is not None:
        listed = listed.where(func.lower(messages.c.sender) == func.lower(which.sender))
    if which.state is not None or which.domain is not None:
        listed = listed.where(_some_recipient(which))
    found = connection.execute(listed).all()
    entries, damaged = _entries(connection, [row.id for row in found[:most]])
    more = f"{found[most - 1].body}-{found[most - 1].id}" if len(found) > most else None
    return Page(tuple(entries), tuple(damaged), more)


def _cursor(after: str) -> tuple[str, str]:
    body, _, id_ = after.partition("-")
    if number_of(body) is None or number_of(id_) is None:
        raise StoreError(f"{after!r} is no place in the queue; take it from the page before")
    return body, id_


def _some_recipient(which: Filter) -> Any:
    like = select(recipients.c.number).where(recipients.c.message == messages.c.id)
    if which.state is not None:
        like = like.where(recipients.c.state == which.state)
    if which.domain is not None:
        like = like.where(recipients.c.domain == which.domain.lower())
    return like.exists()


def happened(connection: Connection, kind: str, *, since: datetime, most: int) -> tuple[Event, ...]:
    """Return events of the kind, oldest first."""
    which = (
        select(events)
        .where(events.c.id >= written(earliest(since)), events.c.kind == kind)
        .order_by(events.c.id)
        .limit(most)
    )
    return tuple(_event(row) for row in connection.execute(which))


def latest_attempts(connection: Connection, ids: Collection[str]) -> dict[tuple[str, int], Attempt]:
    """Return the last attempt of each recipient that has no end, by message and number.

    Where a recipient waits untried since, it is what another message met at its destination.
    """
    others = attempts.alias("others")
    last = select(func.max(others.c.id)).where(
        others.c.message == recipients.c.message, others.c.number == recipients.c.number
    )
    which = (
        select(attempts)
        .select_from(recipients)
        .join(
            attempts,
            (attempts.c.message == recipients.c.message)
            & (attempts.c.number == recipients.c.number)
            & (attempts.c.id == last.scalar_subquery()),
        )
        .where(recipients.c.message.in_(ids), recipients.c.state != State.DONE)
    )
    found = {(row.message, row.number): _attempt(row) for row in connection.execute(which)}
    for row in connection.execute(_untried(ids)):
        tried = found.get((row.message, row.number))
        if tried is None or tried.time <= row.time:
            found[row.message, row.number] = met_of(_event(row))
    return found


def _untried(ids: Collection[str]) -> Select[Any]:
    """Return the query for the last event of each recipient that was put off without a try."""
    others = events.alias("others")
    last = select(func.max(others.c.id)).where(
        others.c.message == recipients.c.message,
        others.c.number == recipients.c.number,
        others.c.kind == UNTRIED,
    )
    return (
        select(events)
        .select_from(recipients)
        .join(events, events.c.id == last.scalar_subquery())
        .where(recipients.c.message.in_(ids), recipients.c.state != State.DONE)
    )


def life(connection: Connection, message: str) -> Life:
    """Return everything about one message.

    Raises:
        UnknownMessageError: There is none.

    """
    entries, damaged = _entries(connection, [canonical(message)])
    if damaged:
        raise StoreError(f"message {message} is damaged and cannot be shown")
    if not entries:
        raise UnknownMessageError(message)
    return _life(connection, entries[0])


def trace(
    connection: Connection, wanted: str | None, *, since: datetime, until: datetime, most: int
) -> Trace:
    """Return the lives of at most so many messages, newest first.

    Args:
        connection: To the queue.
        wanted: A message's id in the queue, its Message-ID with or without brackets, or an
            address, of a sender or a recipient, or their domain as ``@example.org``, in any case
            of letters. None: the latest messages, and no events besides.
        since: Only messages that arrived then or later, unless an id was given.
        until: Now.
        most: How many messages, and how many events besides.

    """
    most = min(most, _MOST)
    if wanted is None:
        entries, _ = _entries(connection, _latest(connection, since, until, most))
        lives = [_life(connection, entry) for entry in entries if entry.message.arrived >= since]
        return Trace(tuple(lives), ())
    if number_of(wanted) is not None:
        entries, _ = _entries(connection, [canonical(wanted)])
        return Trace(tuple(_life(connection, entry) for entry in entries), ())
    buckets = _buckets(connection, since, until)
    entries, _ = _entries(connection, _found(connection, wanted, buckets, most))
    lives = [_life(connection, entry) for entry in entries if entry.message.arrived >= since]
    besides = _refused(connection, wanted, buckets, most)
    return Trace(tuple(lives), tuple(event for event in besides if event.time >= since))


def _buckets(connection: Connection, since: datetime, until: datetime) -> CTE:
    """Return the buckets of time in question as a table, none before the oldest row."""
    oldest = [connection.scalar(select(func.min(table.c.id))) for table in (messages, events)]
    first = min((number_of(id_) or 0 for id_ in oldest if id_ is not None), default=0)
    last = _last_bucket(until)
    start = max(first, earliest(since)) // BUCKET
    latest = select(literal(last, BigInt).label("bucket"))
    buckets = latest.cte("buckets", recursive=True)
    return buckets.union_all(select(buckets.c.bucket - 1).where(buckets.c.bucket > start))


def _last_bucket(until: datetime) -> int:
    return earliest(until) // BUCKET + 1  # One more: ids run ahead of a clock that went back.


def _latest(connection: Connection, since: datetime, until: datetime, most: int) -> list[str]:
    """Return the ids of the messages of that time, newest first."""
    beyond = written(min((_last_bucket(until) + 1) * BUCKET, LARGEST))
    which = (
        select(messages.c.id)
        .where(messages.c.id >= written(earliest(since)), messages.c.id <= beyond)
        .order_by(messages.c.id.desc())
        .limit(most)
    )
    return list(connection.scalars(which))


def _is_meant(address: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    """Return the condition that the address is the one that is wanted, or in that domain."""
    return (domain_in(address) == domain_in(literal(wanted))) & _is_like(address, wanted)


def _is_recipient(wanted: str) -> ColumnElement[bool]:
    """Return that condition for a recipient, whose domain stands in a column of its own."""
    domain = Recipient(wanted).domain
    return (recipients.c.domain == domain) & _is_like(recipients.c.address, wanted)


def _is_like(address: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    if wanted.startswith("@"):
        return func.lower(address).endswith(wanted.lower(), autoescape=True)
    return func.lower(address) == func.lower(wanted)


def _found(connection: Connection, wanted: str, buckets: CTE, most: int) -> list[str]:
    """Return the ids of the messages that are meant, newest first."""
    header_field = messages.c.message_id.in_((wanted, f"<{wanted.strip('<>')}>"))
    searches = (
        (messages.c.id, header_field),
        (messages.c.id, _is_meant(messages.c.sender, wanted)),
        (recipients.c.message, _is_recipient(wanted)),
    )
    found: set[str] = set()
    for id_, is_meant in searches:
        there = select(id_).join(buckets, bucket_of(id_) == buckets.c.bucket).where(is_meant)
        found.update(connection.scalars(there.order_by(id_.desc()).limit(most)))
    return sorted(found, reverse=True)[:most]


def _refused(connection: Connection, wanted: str, buckets: CTE, most: int) -> list[Event]:
    which = (
        select(events)
        .join(buckets, bucket_of(events.c.id) == buckets.c.bucket)
        .where(
            _is_meant(events.c.address, wanted),
            events.c.address.is_not(None),  # Said, so that the partial index serves.
            events.c.message.is_(None),
        )
        .order_by(events.c.id.desc())
        .limit(most)
    )
    return [_event(row) for row in connection.execute(which)]


def _entries(connection: Connection, ids: Sequence[str]) -> tuple[list[Entry], list[str]]:
    """Return the messages in the order of the ids, and the ids of those that are damaged."""
    entries: list[Entry] = []

    def read(some: Sequence[str]) -> None:
        entries.extend(_read_entries(connection, some))

    return entries, _each_alone(connection, ids, read)


def _each_alone(
    connection: Connection, ids: Sequence[str], read: Callable[[Sequence[str]], None]
) -> list[str]:
    """Read all at once or, where some are damaged, one by one; return those that are."""
    if not ids:
        return []
    try:
        read(ids)
    except (ValueError, TypeError, OverflowError, DBAPIError):
        if len(ids) == 1:
            return list(ids)
        return [damaged for id_ in ids for damaged in _each_alone(connection, [id_], read)]
    return []


def _read_entries(connection: Connection, ids: Sequence[str]) -> list[Entry]:
    rows = connection.execute(select(*MESSAGE_COLUMNS).where(messages.c.id.in_(ids)))
    found = {row.id: row for row in rows}
    theirs: defaultdict[str, list[QueuedRecipient]] = defaultdict(list)
    for row in connection.execute(
        select(recipients, *(column.label(f"end_{column.name}") for column in outcomes.c))
        .outerjoin(
            outcomes,
            (outcomes.c.message == recipients.c.message)
            & (outcomes.c.number == recipients.c.number),
        )
        .where(recipients.c.message.in_(ids))
        .order_by(recipients.c.message, recipients.c.number)
    ):
        theirs[row.message].append(_recipient(row))
    return [Entry(queued_message(found[id_]), tuple(theirs[id_])) for id_ in ids if id_ in found]


def _recipient(row: AnyRow) -> QueuedRecipient:
    return QueuedRecipient(
        number=row.number,
        address=row.address,
        domain=row.domain,
        state=row.state,
        due=row.due,
        node=row.node,
        tries=row.tries,
        outcome=None if row.end_message is None else _outcome(row),
    )


def _outcome(row: AnyRow) -> Outcome:
    return Outcome(
        time=row.end_time,
        terminal=row.end_terminal,
        cause=row.end_cause,
        status=row.end_status,
        reply=row.end_reply,
        remote=row.end_remote,
        told=row.end_told,
        report=row.end_report,
    )


def _life(connection: Connection, entry: Entry) -> Life:
    tries = (
        select(attempts)
        .where(attempts.c.message == entry.message.id)
        .order_by(attempts.c.time, attempts.c.id)
    )
    happened = (
        select(events)
        .where(events.c.message == entry.message.id)
        .order_by(events.c.time, events.c.id)
    )
    return Life(
        entry,
        tuple(_attempt(row) for row in connection.execute(tries)),
        tuple(_event(row) for row in connection.execute(happened)),
    )


def _attempt(row: AnyRow) -> Attempt:
    return Attempt(
        number=row.number,
        time=row.time,
        remote=row.remote,
        address=row.address,
        tls=row.tls,
        command=row.command,
        code=row.code,
        status=row.status,
        reply=row.reply,
        error=row.error,
        policy=row.policy,
    )


def _event(row: AnyRow) -> Event:
    return Event(
        time=row.time,
        kind=row.kind,
        actor=row.actor,
        text=row.text,
        message=row.message,
        number=row.number,
        address=row.address,
    )
