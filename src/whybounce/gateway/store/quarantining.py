"""Setting what is damaged aside, so that one row never stops the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from whybounce.gateway.store import recording
from whybounce.gateway.store.errors import StoreError, StoreUnavailableError, Trouble
from whybounce.gateway.store.rows import Event, State
from whybounce.gateway.store.tables import messages, recipients
from whybounce.gateway.store.writer import Transaction

Key = tuple[str, int]
"""A recipient: its message's id, and its number."""

# What reading a damaged row raises: the database's own complaint, or that of a column's type.
SUSPECT = (StoreError, ValueError, TypeError, OverflowError)


def is_damage(error: Exception) -> bool:
    """Return whether a row is damaged, rather than the database gone or the question wrong."""
    if isinstance(error, StoreUnavailableError):
        return error.trouble is Trouble.CORRUPT
    return type(error) is StoreError or not isinstance(error, StoreError)


@dataclass(frozen=True, slots=True)
class Damage:
    """What was found damaged, by whom."""

    message: str
    reason: str
    node: str
    now: datetime
    number: int | None = None  # None: the message's body, and so all its recipients.


def set_aside(transaction: Transaction, found: Sequence[Damage]) -> list[None]:
    """Take what is damaged out of the queue, whoever leases it, and say why in an event."""
    for damage in found:
        affected = [recipients.c.message == damage.message, recipients.c.state == State.QUEUED]
        if damage.number is not None:
            affected.append(recipients.c.number == damage.number)
        transaction.connection.execute(
            update(recipients)
            .where(*affected)
            .values(state=State.QUARANTINED, due=None, lease=None, node=None)
        )
        recording.record(transaction, [_event(transaction, damage)])
    return [None] * len(found)


def _event(transaction: Transaction, damage: Damage) -> Event:
    """Tell it of the message, unless that is what is gone."""
    which = select(messages.c.id).where(messages.c.id == damage.message)
    known = transaction.connection.scalar(which)
    return Event(
        damage.now,
        "quarantined",
        damage.node,
        damage.reason if known else f"message {damage.message}: {damage.reason}",
        message=known,
        number=damage.number,
    )
