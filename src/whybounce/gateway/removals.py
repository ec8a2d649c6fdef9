"""Requests for removal from the block list, kept so that who asked can see what becomes of theirs.

Whoever asks gets a token that opens one request's state and nothing else; its hash is kept. A request
changes nothing by itself: ``delisting`` says what does.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Index,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from whybounce.gateway.store import Store, StoreError
from whybounce.gateway.store.columns import Id, Moment, Said, Word
from whybounce.gateway.store.recording import record
from whybounce.gateway.store.rows import Block, Event
from whybounce.gateway.store.tables import METADATA, AnyRow
from whybounce.gateway.store.writer import Transaction
from whybounce.gateway.tokens import digest_of

_KEPT = timedelta(days=90)
_MOST_SHOWN = 200


class Stage(StrEnum):
    """How far a request has come."""

    ASKED = "asked"  # A mail was sent to whoever asked.
    CONFIRMED = "confirmed"  # They have it; an administrator decides.
    REMOVED = "removed"
    REFUSED = "refused"


removals = Table(
    "removals",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("block", Id, nullable=False),
    Column("subject", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("address", Said(320), nullable=False),
    Column("asked", Moment, nullable=False),
    Column("stage", Word(Stage), nullable=False),
    Column("changed", Moment, nullable=False),
    Column("why", Said(300)),
    CheckConstraint("stage IN ('asked', 'confirmed', 'removed', 'refused')", name="stage"),
    sqlite_strict=True,
)
Index("uq_removals_digest", removals.c.digest, unique=True)


@dataclass(frozen=True, slots=True)
class Removal:
    """One request."""

    id: str
    block: str  # The id of what is to be lifted.
    subject: str
    cause: str
    address: str  # Who asks.
    asked: datetime
    stage: Stage
    changed: datetime  # When it came to that stage.
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody asks."""

    block: Block
    address: str
    now: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Moving:
    """Requests about a block come to another stage: one of them, those of an address, or all."""

    block: str
    to: Stage
    by: str
    now: datetime
    address: str | None = None
    why: str = ""


async def ask(store: Store, block: Block, address: str, now: datetime) -> str:
    """Write down that somebody asks; return the token by which they follow it. Raises StoreError."""
    token = secrets.token_urlsafe(24)
    await store.perform(_ask, Asking(block, address, now, digest_of(token)))
    return token


async def move(store: Store, moving: Moving) -> int:
    """Note what became of requests that were open; return of how many. Raises StoreError."""
    return await store.perform(_move, moving)


async def removal_of(store: Store, token: str) -> Removal | None:
    """Return the request that the token is of. Raises StoreError."""
    which = select(removals).where(removals.c.digest == digest_of(token))

    def ask(connection: Connection) -> Removal | None:
        row = connection.execute(which).one_or_none()
        return None if row is None else _of(row)

    return await store.ask_briefly(ask)


async def to_decide(store: Store) -> tuple[Removal, ...]:
    """Return the requests that wait for an administrator, oldest first. Raises StoreError."""
    which = (
        select(removals)
        .where(removals.c.stage == Stage.CONFIRMED)
        .order_by(removals.c.id)
        .limit(_MOST_SHOWN)
    )
    return await store.ask(lambda c: tuple(_of(row) for row in c.execute(which)))


def _ask(transaction: Transaction, asked: Sequence[Asking]) -> list[StoreError | None]:
    for each in asked:
        transaction.connection.execute(
            delete(removals).where(removals.c.changed < each.now - _KEPT)
        )
        transaction.connection.execute(
            insert(removals).values(
                id=transaction.ids.next(each.now),
                digest=each.digest,
                block=each.block.id,
                subject=each.block.subject,
                cause=each.block.cause,
                address=each.address,
                asked=each.now,
                stage=Stage.ASKED,
                changed=each.now,
            )
        )
    return [None] * len(asked)


def _move(transaction: Transaction, asked: Sequence[Moving]) -> list[int | StoreError]:
    return [_move_some(transaction, each) for each in asked]


def _move_some(transaction: Transaction, moving: Moving) -> int:
    which = update(removals).where(
        removals.c.block == moving.block,
        removals.c.stage.in_([Stage.ASKED, Stage.CONFIRMED]),
        removals.c.stage != moving.to,
    )
    if moving.address is not None:
        which = which.where(removals.c.address == moving.address)
    moved = transaction.connection.execute(
        which.values(stage=moving.to, changed=moving.now, why=moving.why or None).returning(
            removals.c.subject
        )
    ).all()
    if moved and moving.to is not Stage.REMOVED:  # That is an event of the block's own.
        text = f"{moved[0].subject}: {moving.why}".rstrip(": ")
        record(transaction, [Event(moving.now, f"removal-{moving.to}", moving.by, text)])
    return len(moved)


def _of(row: AnyRow) -> Removal:
    return Removal(
        id=row.id,
        block=row.block,
        subject=row.subject,
        cause=row.cause,
        address=row.address,
        asked=row.asked,
        stage=row.stage,
        changed=row.changed,
        why=row.why,
    )
