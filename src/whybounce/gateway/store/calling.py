"""Calls: what is to be told to a webhook, written in the transaction of what it tells of.

Nothing is written, and nothing made, of what no webhook wants. What a call says is made by whoever
``Calls.body`` is: the store knows neither words nor JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.errors import StoreError
from whybounce.gateway.store.hints import Due
from whybounce.gateway.store.identity import earliest, written
from whybounce.gateway.store.rows import Call, Fact
from whybounce.gateway.store.tables import calls
from whybounce.gateway.store.writer import Transaction

_CALLS = Bulk(insert(calls))


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: told, or to be tried again, or given up."""

    call: str
    due: datetime | None = None  # None: it is over.
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The calls that wait for a webhook."""

    webhook: str
    calls: int
    due: datetime  # The next one.
    fault: str | None  # Of one that was tried.


def write(transaction: Transaction, facts: Sequence[Fact]) -> None:
    """Write down whom to tell of what."""
    wanted, rows = transaction.calls, []
    for fact in facts:
        webhooks = wanted.wanted.get(fact.kind, ())
        body = wanted.body(fact) if webhooks else ""
        rows += [
            {
                "id": transaction.ids.next(fact.time),
                "webhook": webhook,
                "body": body,
                "made": fact.time,
                "due": fact.time,
                "tries": 0,
            }
            for webhook in webhooks
        ]
    _CALLS.run(transaction.connection, rows)
    if rows:
        transaction.due.add(Due.CALLS)


def due(connection: Connection, webhook: str, now: datetime, *, most: int) -> tuple[Call, ...]:
    """Return the calls whose time has come, those first that have been due longest."""
    which = (
        select(calls)
        .where(calls.c.webhook == webhook, calls.c.due <= now)
        .order_by(calls.c.due, calls.c.id)
        .limit(most)
    )
    return tuple(Call(*row) for row in connection.execute(which))


def next_due(connection: Connection, webhook: str) -> datetime | None:
    """Return when the next call is due; None where none waits."""
    first = select(calls.c.due).where(calls.c.webhook == webhook).order_by(calls.c.due).limit(1)
    found: datetime | None = connection.scalar(first)
    return found


def waiting(connection: Connection) -> tuple[Waiting, ...]:
    """Return how many calls wait, by webhook."""
    which = select(
        calls.c.webhook, func.count(), func.min(calls.c.due), func.max(calls.c.fault)
    ).group_by(calls.c.webhook)
    return tuple(Waiting(*row) for row in connection.execute(which))


def tried(transaction: Transaction, asked: Sequence[Tried]) -> list[StoreError | None]:
    """Record what came of tries."""
    over = [each.call for each in asked if each.due is None]
    if over:
        transaction.connection.execute(delete(calls).where(calls.c.id.in_(over)))
    for each in asked:
        if each.due is not None:
            transaction.connection.execute(
                update(calls)
                .where(calls.c.id == each.call)
                .values(due=each.due, tries=calls.c.tries + 1, fault=each.fault)
            )
    return [None] * len(asked)


@dataclass(frozen=True, slots=True)
class Hastening:
    """Calls whose webhook is there again, or elsewhere: not to wait longer for it."""

    webhook: str
    due: datetime


def hasten(transaction: Transaction, asked: Sequence[Hastening]) -> list[StoreError | None]:
    """Have calls that wait for a later time made now."""
    for each in asked:
        transaction.connection.execute(
            update(calls)
            .where(calls.c.webhook == each.webhook, calls.c.due > each.due)
            .values(due=each.due)
        )
    return [None] * len(asked)


@dataclass(frozen=True, slots=True)
class Dropping:
    """Calls that were made so long ago, whoever they are for."""

    before: datetime
    most: int


def drop(transaction: Transaction, asked: Sequence[Dropping]) -> list[int | StoreError]:
    """Remove what nobody could be told; return how many calls went."""
    return [_drop(transaction, each) for each in asked]


def _drop(transaction: Transaction, dropping: Dropping) -> int:
    old = (
        select(calls.c.id)
        .where(calls.c.id < written(earliest(dropping.before)))
        .order_by(calls.c.id)
        .limit(dropping.most)
    )
    ids = list(transaction.connection.scalars(old))
    if ids:
        transaction.connection.execute(delete(calls).where(calls.c.id.in_(ids)))
    return len(ids)
