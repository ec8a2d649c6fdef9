"""How the queue stands, in numbers, read from indexes alone."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from whybounce.gateway.store.rows import Figures, State
from whybounce.gateway.store.tables import STOPPED, messages, recipients


def figures(connection: Connection, now: datetime) -> Figures:
    """Return the numbers. They take time in proportion to what is unfinished."""
    queued = select(func.count()).select_from(recipients).where(recipients.c.due.is_not(None))
    stopped = (
        select(recipients.c.state, func.count().label("count"))
        .where(STOPPED)
        .group_by(recipients.c.state)
    )
    unfinished = select(func.count().label("count"), func.sum(messages.c.size).label("octets"))
    unfinished = unfinished.where(messages.c.body.is_not(None))
    oldest = (
        select(messages.c.arrived)
        .where(messages.c.body.is_not(None))
        .order_by(messages.c.body, messages.c.id)
        .limit(1)
    )
    counted = connection.execute(unfinished).one()
    return Figures(
        recipients={
            State.QUEUED: connection.scalar(queued) or 0,
            State.HELD: 0,
            State.QUARANTINED: 0,
            **{row.state: row[1] for row in connection.execute(stopped)},
        },
        due=connection.scalar(queued.where(recipients.c.due <= now)) or 0,
        messages=counted[0],
        octets=int(counted.octets or 0),
        oldest=connection.scalar(oldest),
    )
