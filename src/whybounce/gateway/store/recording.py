"""Events: what happened, who did it, and what was said."""

from collections.abc import Sequence

from sqlalchemy import insert

from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.rows import Event
from whybounce.gateway.store.tables import events
from whybounce.gateway.store.writer import Transaction

_EVENTS = Bulk(insert(events))


def record(transaction: Transaction, happened: Sequence[Event]) -> list[None]:
    """Write the events down."""
    _EVENTS.run(
        transaction.connection,
        [
            {
                "id": transaction.ids.next(event.time),
                "time": event.time,
                "kind": event.kind,
                "actor": event.actor,
                "text": event.text,
                "message": event.message,
                "number": event.number,
                "address": event.address,
            }
            for event in happened
        ],
    )
    return [None] * len(happened)
