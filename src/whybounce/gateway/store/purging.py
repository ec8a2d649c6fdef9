"""Letting go of what is finished and old, a bounded batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, delete, select, tuple_

from whybounce.gateway.store.counting import minute_of
from whybounce.gateway.store.errors import StoreError
from whybounce.gateway.store.identity import earliest, written
from whybounce.gateway.store.rows import Purged
from whybounce.gateway.store.tables import (
    AnySelect,
    attempts,
    blocks,
    counters,
    events,
    messages,
    outcomes,
    recipients,
)
from whybounce.gateway.store.writer import Transaction


@dataclass(frozen=True, slots=True)
class Retention:
    """What has been kept long enough."""

    finished_before: datetime  # Messages, with their whole life.
    events_before: datetime  # Events that belong to no message.
    counted_before: datetime
    blocked_before: datetime  # Blocks lifted or run out before then.
    most: int  # Rows of each kind in one transaction.


def purge(transaction: Transaction, asked: Sequence[Retention]) -> list[Purged | StoreError]:
    """Remove a batch; return how much that was."""
    return [_purge(transaction, retention) for retention in asked]


def _purge(transaction: Transaction, retention: Retention) -> Purged:
    return Purged(
        messages=_messages(transaction, retention),
        events=_some(
            transaction,
            events,
            select(events.c.id)
            .where(events.c.message.is_(None), events.c.id < _given(retention.events_before))
            .order_by(events.c.id),
            retention.most,
        ),
        counters=_some(
            transaction,
            counters,
            select(counters.c.key, counters.c.minute).where(
                counters.c.minute < minute_of(retention.counted_before)
            ),
            retention.most,
        ),
        blocks=_some(
            transaction,
            blocks,
            select(blocks.c.id).where(
                (blocks.c.lifted < retention.blocked_before)
                | (blocks.c.until < retention.blocked_before)
            ),
            retention.most,
        ),
    )


def _messages(transaction: Transaction, retention: Retention) -> int:
    """Remove messages by age: the oldest ids are at one end of the table."""
    connection = transaction.connection
    old = (
        select(messages.c.id)
        .where(
            messages.c.id < _given(retention.finished_before),
            messages.c.finished < retention.finished_before,
        )
        .order_by(messages.c.id)
        .limit(retention.most)
    )
    ids = list(connection.scalars(old))
    if ids:
        for table in (attempts, outcomes, events, recipients):
            connection.execute(delete(table).where(table.c.message.in_(ids)))
        connection.execute(delete(messages).where(messages.c.id.in_(ids)))
    return len(ids)


def _some(transaction: Transaction, table: Table, old: AnySelect, most: int) -> int:
    """Remove at most so many of the rows whose primary keys ``old`` finds."""
    keys = [tuple(row) for row in transaction.connection.execute(old.limit(most))]
    if keys:
        primary = tuple_(*table.primary_key.columns)
        transaction.connection.execute(delete(table).where(primary.in_(keys)))
    return len(keys)


def _given(before: datetime) -> str:
    """Return the smallest id that could be given at the moment."""
    return written(earliest(before))
