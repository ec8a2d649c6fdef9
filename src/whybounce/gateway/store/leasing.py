"""Handing out recipients that are due, to one node at a time.

A lease is a number on the recipient, and a due time that lies at the lease's end: whoever asks
after that gets the recipient, with a new number. The old holder's number fits no more, and what it
records is refused. A lease that ran out and that nobody took is still good: to refuse its outcome
would deliver the message twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.errors import StoreError, UnknownMessageError
from whybounce.gateway.store.hints import Due
from whybounce.gateway.store.quarantining import Key
from whybounce.gateway.store.rows import Consignment, LeasedRecipient, QueuedMessage, State
from whybounce.gateway.store.tables import AnyRow, AnySelect, messages, recipients
from whybounce.gateway.store.writer import Transaction

MOST = 1_000  # Recipients in one lease. Each is a few variables of a statement.


@dataclass(frozen=True, slots=True)
class Share:
    """How many consignments of one domain a node has at once. What is more gets turns, one by one."""

    most: int
    taken: Mapping[str, int]  # What it has, by domain.
    turns: Mapping[str, "Turns"]  # Of the domains that have their share.
    put_off: dict[str, int] = field(default_factory=dict)  # How many got one. The lease adds to it.


@dataclass(frozen=True, slots=True)
class Turns:
    """When those of a domain are due that would be too many now."""

    first: datetime
    apart: timedelta


@dataclass(frozen=True, slots=True)
class Order:
    """Who asks for how many, from when, until when."""

    most: int
    node: str
    now: datetime
    until: datetime
    stuck: set[Key]  # Recipients on damaged pages, passed over. The store adds to it.
    message: str | None = None  # Only this one's recipients, due or not.
    number: int | None = None  # Only this one of the message.
    held: bool = False  # Also those of the message that an operator holds.
    share: Share | None = None  # None: all of them may be of one domain.


@dataclass(frozen=True, slots=True)
class Renewal:
    """A consignment whose holder needs longer, or gives it back untried."""

    consignment: Consignment
    due: datetime
    keep: bool


_IN_ORDER = (recipients.c.due, recipients.c.message, recipients.c.number)
_KEYS = select(recipients.c.message, recipients.c.number).order_by(*_IN_ORDER)
MESSAGE_COLUMNS = (
    messages.c.id,
    messages.c.sender,
    messages.c.ret,
    messages.c.envid,
    messages.c.body_type,
    messages.c.smtputf8,
    messages.c.session,
    messages.c.arrived,
    messages.c.expires,
    messages.c.size,
    messages.c.message_id,
    messages.c.subject,
    messages.c.about,
    messages.c.finished,
)
_ROWS = (
    select(recipients, *MESSAGE_COLUMNS)
    .outerjoin(messages, messages.c.id == recipients.c.message)
    .order_by(*_IN_ORDER)
    .with_for_update(skip_locked=True, of=recipients)
)
# Asked again and again while mail comes in: made once, as SQLAlchemy looks at a new one for longer than
# the database does.
_DUE_ROWS = _ROWS.where(recipients.c.due <= bindparam("now")).limit(bindparam("most"))
_OF_A_DOMAIN = (
    _KEYS.where(
        recipients.c.due <= bindparam("now"),
        recipients.c.domain == bindparam("full"),
    )
    .limit(MOST)
    .with_for_update(skip_locked=True)
)
_IS = (recipients.c.message == bindparam("of"), recipients.c.number == bindparam("at"))
_PUT_OFF = Bulk(update(recipients).where(*_IS).values(due=bindparam("again")))
_LEASE = Bulk(
    update(recipients)
    .where(*_IS)
    .values(lease=bindparam("with_"), node=bindparam("by"), due=bindparam("until"))
)
_LEASE_HELD = Bulk(
    update(recipients)
    .where(*_IS)
    .values(
        state=State.QUEUED, lease=bindparam("with_"), node=bindparam("by"), due=bindparam("until")
    )
)
_RENEW = (
    update(recipients)
    .where(*_IS, recipients.c.lease == bindparam("with_"))
    .values(due=bindparam("until"))
)
_GIVE_BACK = _RENEW.values(lease=None, node=None)


def lease(
    transaction: Transaction, orders: Sequence[Order]
) -> list[tuple[Consignment, ...] | StoreError]:
    """Lease recipients to each that asks, those first that have been due longest."""
    return [_lease(transaction, order) for order in orders]


def _lease(transaction: Transaction, order: Order) -> tuple[Consignment, ...] | StoreError:
    connection = transaction.connection
    put_off = _put_off(connection, order)
    found = [row for row in _rows(connection, order) if _key(row) not in order.stuck]
    if not found and order.message is not None and not is_there(connection, order.message):
        return UnknownMessageError(order.message)
    rows = _shared(found[: order.most], order)
    # What was left out stands in the way of others; it is put off when they are asked for.
    transaction.more_here |= bool(put_off) or len(rows) < len(found)
    if not rows:
        return ()
    if any(row.id is None for row in rows):
        raise StoreError("its message's row is gone")
    number = transaction.ids.next_number(order.now)
    (_LEASE_HELD if order.held else _LEASE).run(
        connection,
        [
            {
                "of": row.message,
                "at": row.number,
                "with_": number,
                "by": order.node,
                "until": order.until,
            }
            for row in rows
        ],
    )
    return _consignments(rows, number, order)


def _rows(connection: Connection, order: Order) -> Iterable[AnyRow]:
    """Return what the order may have, and some that is stuck."""
    if order.message is not None:
        return connection.execute(_free(order, _ROWS))
    most = min(order.most, MOST) + len(order.stuck)
    return connection.execute(_DUE_ROWS, {"now": order.now, "most": most})


def _put_off(connection: Connection, order: Order) -> int:
    """Put off what is due of the domains that have their share; return how many recipients.

    A lease that ran out stays its holder's.
    """
    if order.share is None:
        return 0
    for domain, turns in order.share.turns.items():
        found = connection.execute(_OF_A_DOMAIN, {"now": order.now, "full": domain}).all()
        # Recipients of one message stay together: they leave in one transaction.
        places = {
            message: n for n, message in enumerate(dict.fromkeys(row.message for row in found))
        }
        order.share.put_off[domain] = len(places)
        _PUT_OFF.run(
            connection,
            [
                {
                    "of": row.message,
                    "at": row.number,
                    "again": turns.first + places[row.message] * turns.apart,
                }
                for row in found
            ],
        )
    return sum(order.share.put_off.values())


def _shared(rows: Sequence[AnyRow], order: Order) -> Sequence[AnyRow]:
    """Return those that leave no domain more than its share."""
    share = order.share
    if share is None:
        return rows
    taken: dict[str, set[str]] = defaultdict(set)  # Messages by domain.
    kept = []
    for row in rows:
        there = taken[row.domain]
        if row.message in there or share.taken.get(row.domain, 0) + len(there) < share.most:
            there.add(row.message)
            kept.append(row)
    return kept


def free(connection: Connection, order: Order) -> list[Key]:
    """Return the recipients that nobody has and that may be tried."""
    found = [_key(row) for row in connection.execute(_free(order, _KEYS))]
    return [key for key in found if key not in order.stuck][: order.most]


def _free(order: Order, which: AnySelect) -> AnySelect:
    """Narrow the question down to those that the order may have, and some that are stuck."""
    which = which.limit(min(order.most, MOST) + len(order.stuck))
    if order.message is None:
        which = which.where(recipients.c.due <= order.now)
    else:
        may = untouched(order.now)
        if order.held:
            may |= recipients.c.state == State.HELD
        which = which.where(recipients.c.message == order.message, may)
    if order.number is not None:
        which = which.where(recipients.c.number == order.number)
    return which


def untouched(now: datetime) -> Any:
    """Say in SQL: queued, and nobody is trying it."""
    return (recipients.c.state == State.QUEUED) & (
        recipients.c.lease.is_(None) | (recipients.c.due <= now)
    )


def is_there(connection: Connection, message: str) -> bool:
    """Return whether there is such a message."""
    return connection.scalar(select(messages.c.id).where(messages.c.id == message)) is not None


def _consignments(rows: Iterable[AnyRow], number: int, order: Order) -> tuple[Consignment, ...]:
    """Put together what goes together, in the order of what has been due longest."""
    together: dict[tuple[str, str], list[AnyRow]] = {}
    for row in rows:
        together.setdefault((row.message, row.domain), []).append(row)
    return tuple(
        Consignment(
            message=queued_message(group[0]),
            domain=domain,
            recipients=tuple(_leased(row) for row in sorted(group, key=_key)),
            node=order.node,
            lease=number,
            until=order.until,
        )
        for (_, domain), group in together.items()
    )


def queued_message(row: AnyRow) -> QueuedMessage:
    """Return the message that ``MESSAGE_COLUMNS`` are of."""
    return QueuedMessage(
        id=row.id,
        sender=row.sender,
        ret=row.ret,
        envid=row.envid,
        body_type=row.body_type,
        smtputf8=bool(row.smtputf8),
        session=row.session,
        arrived=row.arrived,
        expires=row.expires,
        size=row.size,
        message_id=row.message_id,
        subject=row.subject,
        about=row.about,
        finished=row.finished,
    )


def _leased(row: AnyRow) -> LeasedRecipient:
    return LeasedRecipient(
        number=row.number,
        address=row.address,
        domain=row.domain,
        orcpt=row.orcpt,
        notify=row.notify,
        tries=row.tries,
        delay_told=row.delay_told,
    )


def _key(row: AnyRow) -> Key:
    return row.message, row.number


def renew(transaction: Transaction, renewals: Sequence[Renewal]) -> list[bool | StoreError]:
    """Move the leases' ends, or end them; return for each whether all of it was still held."""
    return [_renew(transaction, renewal) for renewal in renewals]


def _renew(transaction: Transaction, renewal: Renewal) -> bool:
    consignment = renewal.consignment
    held = [
        transaction.connection.execute(
            _RENEW if renewal.keep else _GIVE_BACK,
            {
                "of": consignment.message.id,
                "at": recipient.number,
                "with_": consignment.lease,
                "until": renewal.due,
            },
        ).rowcount
        for recipient in consignment.recipients
    ]
    if not renewal.keep:
        transaction.due.add(Due.MAIL)
    return all(held)


@dataclass(frozen=True, slots=True)
class Restart:
    """A node that begins anew, and knows nothing of what it held."""

    node: str
    now: datetime


def give_back_all(transaction: Transaction, restarts: Sequence[Restart]) -> list[int | StoreError]:
    """End all leases of the nodes; return how many recipients each held."""
    counts: list[int | StoreError] = []
    for restart in restarts:
        ended = transaction.connection.execute(
            update(recipients)
            .where(
                recipients.c.due.is_not(None),
                recipients.c.lease.is_not(None),
                recipients.c.node == restart.node,
            )
            .values(lease=None, node=None, due=restart.now)
        )
        counts.append(ended.rowcount)
    transaction.due.add(Due.MAIL)
    return counts


def next_due(connection: Connection) -> datetime | None:
    """Return when the next recipient is due, or a lease ends; None where nothing is queued."""
    earliest = select(func.min(recipients.c.due)).where(recipients.c.due.is_not(None))
    due: datetime | None = connection.scalar(earliest)
    return due
