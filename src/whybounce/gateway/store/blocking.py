"""Blocks: restrictions that are listed, and lifted by an operator or by time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, and_, cast, func, or_, select, type_coerce, update

from whybounce.gateway.store import recording
from whybounce.gateway.store.columns import BigInt
from whybounce.gateway.store.errors import StoreError
from whybounce.gateway.store.rows import Block, Event
from whybounce.gateway.store.tables import AnyRow, blocks
from whybounce.gateway.store.writer import Transaction

_BY_TIME = "time"

_NOT_LIFTED = select(func.count()).select_from(blocks).where(blocks.c.lifted.is_(None))
_VERSION = select(
    select(func.max(blocks.c.id)).scalar_subquery().label("latest"),
    _NOT_LIFTED.scalar_subquery().label("number"),
    # As a fraction: SQLite's whole numbers would overflow.
    select(func.sum(cast(type_coerce(blocks.c.until, BigInt), Float)))
    .where(blocks.c.lifted.is_(None))
    .scalar_subquery()
    .label("ends"),
)


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A restriction to put in force. The same kind, subject and cause are in force once."""

    kind: str
    subject: str
    cause: str
    reason: str
    by: str
    now: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lifting:
    """Who lifts which block."""

    block: str
    by: str
    now: datetime
    why: str = ""


def block(transaction: Transaction, wanted: Sequence[NewBlock]) -> list[str | StoreError]:
    """Put the blocks in force; return their ids. One that is already is prolonged."""
    return [_block(transaction, each) for each in wanted]


def _block(transaction: Transaction, new: NewBlock) -> str:
    transaction.connection.execute(
        update(blocks)
        .where(
            blocks.c.kind == new.kind,
            blocks.c.subject == new.subject,
            blocks.c.cause == new.cause,
            blocks.c.lifted.is_(None),
            blocks.c.until <= new.now,
        )
        .values(lifted=blocks.c.until, lifted_by=_BY_TIME)
    )
    id_ = transaction.ids.next(new.now)
    adding = transaction.insert(blocks).values(
        id=id_,
        kind=new.kind,
        subject=new.subject,
        cause=new.cause,
        reason=new.reason,
        added=new.now,
        added_by=new.by,
        until=new.until,
    )
    there = transaction.connection.execute(
        adding.on_conflict_do_update(
            index_elements=["kind", "subject", "cause"],
            index_where=blocks.c.lifted.is_(None),
            set_={"until": adding.excluded.until, "reason": adding.excluded.reason},
        ).returning(blocks.c.id)
    ).scalar_one()
    _tell(transaction, new.now, "blocked", new.by, f"{new.kind} {new.subject}: {new.reason}", new)
    return str(there)


def lift(transaction: Transaction, wanted: Sequence[Lifting]) -> list[Block | StoreError | None]:
    """Lift the blocks; return what was lifted, None for what was not in force."""
    return [_lift(transaction, each) for each in wanted]


def _lift(transaction: Transaction, lifting: Lifting) -> Block | None:
    lifted = transaction.connection.execute(
        update(blocks)
        .where(blocks.c.id == lifting.block, blocks.c.lifted.is_(None))
        .values(lifted=lifting.now, lifted_by=lifting.by)
        .returning(*blocks.c)
    ).one_or_none()
    if lifted is None:
        return None
    text = f"{lifted.kind} {lifted.subject}: {lifting.why}".rstrip(": ")
    _tell(transaction, lifting.now, "unblocked", lifting.by, text, lifted)
    return _of(lifted)


def _tell(
    transaction: Transaction, now: datetime, kind: str, by: str, text: str, about: Any
) -> None:
    """Leave an event that a trace of the address finds."""
    address = about.subject if "@" in about.subject else None
    recording.record(transaction, [Event(now, kind, by, text, address=address)])


def in_force(
    connection: Connection, now: datetime, *, kind: str | None = None, subject: str | None = None
) -> tuple[Block, ...]:
    """Return the blocks in force, oldest first."""
    which = (
        select(blocks)
        .where(blocks.c.lifted.is_(None), or_(blocks.c.until.is_(None), blocks.c.until > now))
        .order_by(blocks.c.id)
    )
    if kind is not None:
        which = which.where(blocks.c.kind == kind)
    if subject is not None:
        which = which.where(blocks.c.subject == subject)
    return tuple(_of(row) for row in connection.execute(which))


def about(
    connection: Connection, now: datetime, subjects: Mapping[str, Collection[str]]
) -> tuple[Block, ...]:
    """Return the blocks in force about any of the subjects, which are given by kind."""
    named = [
        and_(blocks.c.kind == kind, blocks.c.subject.in_(those))
        for kind, those in subjects.items()
        if those
    ]
    if not named:
        return ()
    which = (
        select(blocks)
        .where(
            blocks.c.lifted.is_(None),
            or_(blocks.c.until.is_(None), blocks.c.until > now),
            or_(*named),
        )
        .order_by(blocks.c.id)
    )
    return tuple(_of(row) for row in connection.execute(which))


def version(connection: Connection) -> tuple[object, ...]:
    """Return what is another once a block was put in force, prolonged, lifted or removed."""
    return tuple(connection.execute(_VERSION).one())


def count_in_force(connection: Connection) -> int:
    """Return how many blocks are not lifted, those included whose time is over."""
    return int(connection.execute(_NOT_LIFTED).scalar_one())


def lifted_since(connection: Connection, like: Block, since: datetime) -> int:
    """Return how often such a block was lifted by somebody, not by time."""
    which = (
        select(func.count())
        .select_from(blocks)
        .where(
            blocks.c.kind == like.kind,
            blocks.c.subject == like.subject,
            blocks.c.cause == like.cause,
            blocks.c.lifted >= since,
            blocks.c.lifted_by != _BY_TIME,
        )
    )
    return int(connection.execute(which).scalar_one())


def _of(row: AnyRow) -> Block:
    return Block(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        cause=row.cause,
        reason=row.reason,
        added=row.added,
        added_by=row.added_by,
        until=row.until,
        lifted=row.lifted,
        lifted_by=row.lifted_by,
    )
