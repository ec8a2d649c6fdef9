"""Setting damaged rows aside, so that one of them never stops the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, tuple_, update
from sqlalchemy.exc import DBAPIError

from whybounce.gateway.store import recording
from whybounce.gateway.store.rows import Event, State
from whybounce.gateway.store.tables import AnyRow, AnySelect, messages, recipients
from whybounce.gateway.store.writer import Transaction

Key = tuple[str, int]
"""A recipient: its message's id, and its number."""

# What reading a damaged row raises: the database's own complaint, or that of a column's type.
DAMAGE = (ValueError, TypeError, OverflowError, DBAPIError)

_SET_ASIDE = (
    update(recipients)
    .where(recipients.c.message == bindparam("of"), recipients.c.number == bindparam("at"))
    .values(state=State.QUARANTINED, due=None, lease=None, node=None)
)


def readable(
    connection: Connection, rows: AnySelect, keys: Sequence[Key]
) -> tuple[list[AnyRow], dict[Key, str]]:
    """Return those of the recipients' rows that can be read, and why the others cannot."""
    try:
        return list(connection.execute(_of(rows, keys))), {}
    except DAMAGE:
        return _one_by_one(connection, rows, keys)


def _one_by_one(
    connection: Connection, rows: AnySelect, keys: Sequence[Key]
) -> tuple[list[AnyRow], dict[Key, str]]:
    good: list[AnyRow] = []
    damaged: dict[Key, str] = {}
    for key in keys:
        try:
            with connection.begin_nested():
                good += connection.execute(_of(rows, [key])).all()
        except DAMAGE as error:
            damaged[key] = str(getattr(error, "orig", error))
    return good, damaged


def _of(rows: AnySelect, keys: Sequence[Key]) -> AnySelect:
    return rows.where(tuple_(recipients.c.message, recipients.c.number).in_(keys))


def set_aside(
    transaction: Transaction, damaged: Mapping[Key, str], *, node: str, now: datetime
) -> set[Key]:
    """Take the recipients out of the queue, each with its reason; return those that stay in it.

    Those that stay lie on a damaged page, which cannot be written either.
    """
    stuck = set()
    for (message, number), reason in damaged.items():
        try:
            with transaction.connection.begin_nested():
                transaction.connection.execute(_SET_ASIDE, {"of": message, "at": number})
        except DAMAGE:
            stuck.add((message, number))
        known = transaction.connection.scalar(select(messages.c.id).where(messages.c.id == message))
        recording.record(
            transaction,
            [
                Event(
                    time=now,
                    kind="quarantined",
                    actor=node,
                    text=reason if known else f"message {message}: {reason}",
                    message=known,
                    number=number,
                )
            ],
        )
    return stuck


@dataclass(frozen=True, slots=True)
class Damage:
    """A message whose body turned out damaged."""

    message: str
    reason: str
    node: str
    now: datetime


def set_messages_aside(transaction: Transaction, found: Sequence[Damage]) -> list[None]:
    """Take all that is queued of the messages out of the queue, whoever leases it."""
    for damage in found:
        transaction.connection.execute(
            update(recipients)
            .where(recipients.c.message == damage.message, recipients.c.state == State.QUEUED)
            .values(state=State.QUARANTINED, due=None, lease=None, node=None)
        )
        event = Event(damage.now, "quarantined", damage.node, damage.reason, damage.message)
        recording.record(transaction, [event])
    return [None] * len(found)
