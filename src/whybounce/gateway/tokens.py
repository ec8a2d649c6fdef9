"""Tokens by which programs ask and act: made by an administrator, shown once, kept as a hash.

A token is 256 bits of chance, so a plain SHA-256 hides it: there is nothing to guess from a list.
Making and revoking one leaves an event, as everything does that an operator changes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (  # fmt: skip
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
from whybounce.gateway.store.rows import Event
from whybounce.gateway.store.tables import METADATA, AnyRow
from whybounce.gateway.store.writer import Transaction

LONGEST_LIFE = timedelta(days=366)
LONGEST_NAME = 100
_PREFIX = "whybounce_"  # By which people, and programs that look for leaked secrets, know one.
_MOST = 1_000
_KEPT = timedelta(days=90)  # After its end.


class Scope(StrEnum):
    """What a token opens."""

    READ = "read"  # Messages, queue and blocks, as they are.
    CHANGE = "change"  # Likewise, and what changes them.


tokens = Table(
    "api_tokens",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Said(LONGEST_NAME), nullable=False),
    Column("digest", Text, nullable=False),
    Column("scope", Word(Scope), nullable=False),
    Column("made", Moment, nullable=False),
    Column("made_by", Said(255), nullable=False),
    Column("until", Moment, nullable=False),
    Column("revoked", Moment),
    Column("revoked_by", Said(255)),
    CheckConstraint("scope IN ('read', 'change')", name="scope"),
    CheckConstraint("(revoked IS NULL) = (revoked_by IS NULL)", name="revoked_by"),
    sqlite_strict=True,
)
Index("uq_api_tokens_digest", tokens.c.digest, unique=True)


class BadTokenError(ValueError):
    """What cannot be made a token, and why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without what opens."""

    id: str
    name: str  # What it is for.
    scope: Scope
    made: datetime
    made_by: str
    until: datetime
    revoked: datetime | None = None
    revoked_by: str | None = None

    def has_ended(self, now: datetime) -> bool:
        """Say whether it opens nothing any more."""
        return self.revoked is not None or now >= self.until


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to make."""

    name: str
    digest: str
    scope: Scope
    by: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Revoking:
    """Who ends which token."""

    token: str
    by: str
    now: datetime


def written_token(chance: str) -> str:
    """Return the token as its holder gets it."""
    return f"{_PREFIX}{chance}"


def digest_of(written: str) -> str:
    """Return what is kept of it."""
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()


def new_token(
    *, name: str, scope: str, written: str, by: str, now: datetime, lasts: timedelta
) -> NewToken:
    """Return a token to make.

    Args:
        name: What it is for.
        scope: What it opens.
        written: The token itself, of which the hash is kept.
        by: Who makes it.
        now: When.
        lasts: How long it opens.

    Raises:
        BadTokenError: The name is empty or too long, or there is no such scope or span of time.

    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadTokenError(
            f"a token needs a name that says what it is for, of at most {LONGEST_NAME} letters"
        )
    if scope not in set(Scope):
        raise BadTokenError(f"{scope!r} is no scope; allowed is {' or '.join(Scope)}")
    if not timedelta() < lasts <= LONGEST_LIFE:
        raise BadTokenError(f"a token lasts at most {LONGEST_LIFE.days} days, and not less than 0")
    return NewToken(name, digest_of(written), Scope(scope), by, now, now + lasts)


async def make(store: Store, new: NewToken) -> Token:
    """Make it. Raises BadTokenError where there are too many, and StoreError."""
    made = await store.perform(_make, new)
    if made is None:
        raise BadTokenError(f"there are {_MOST} tokens already; revoke what is not needed")
    return made


async def revoke(store: Store, revoking: Revoking) -> Token | None:
    """End it; return None where it is none, or has been revoked. Raises StoreError."""
    return await store.perform(_revoke, revoking)


async def all_tokens(store: Store) -> tuple[Token, ...]:
    """Return all there are, oldest first, those among them that ended of late. Raises StoreError."""
    which = select(tokens).order_by(tokens.c.id)
    return await store.ask(lambda c: tuple(_of(row) for row in c.execute(which)))


async def token_of(store: Store, written: str) -> Token | None:
    """Return what was made of it, be it over. Raises StoreError."""
    which = select(tokens).where(tokens.c.digest == digest_of(written))

    def ask(connection: Connection) -> Token | None:
        row = connection.execute(which).one_or_none()
        return None if row is None else _of(row)

    return await store.ask_briefly(ask)


def _make(transaction: Transaction, asked: Sequence[NewToken]) -> list[Token | StoreError | None]:
    return [_make_one(transaction, each) for each in asked]


def _make_one(transaction: Transaction, new: NewToken) -> Token | None:
    connection, long_ago = transaction.connection, new.now - _KEPT
    connection.execute(
        delete(tokens).where((tokens.c.until < long_ago) | (tokens.c.revoked < long_ago))
    )
    if len(connection.execute(select(tokens.c.id)).all()) >= _MOST:
        return None
    id_ = transaction.ids.next(new.now)
    connection.execute(
        insert(tokens).values(
            id=id_,
            name=new.name,
            digest=new.digest,
            scope=new.scope,
            made=new.now,
            made_by=new.by,
            until=new.until,
        )
    )
    text = f"{new.name}: {new.scope}, until {new.until:%Y-%m-%d %H:%M} UTC"
    record(transaction, [Event(new.now, "token-made", new.by, text)])
    return Token(id_, new.name, new.scope, new.now, new.by, new.until)


def _revoke(transaction: Transaction, asked: Sequence[Revoking]) -> list[Token | StoreError | None]:
    return [_revoke_one(transaction, each) for each in asked]


def _revoke_one(transaction: Transaction, revoking: Revoking) -> Token | None:
    row = transaction.connection.execute(
        update(tokens)
        .where(tokens.c.id == revoking.token, tokens.c.revoked.is_(None))
        .values(revoked=revoking.now, revoked_by=revoking.by)
        .returning(*tokens.c)
    ).one_or_none()
    if row is None:
        return None
    record(transaction, [Event(revoking.now, "token-revoked", revoking.by, row.name)])
    return _of(row)


def _of(row: AnyRow) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scope=row.scope,
        made=row.made,
        made_by=row.made_by,
        until=row.until,
        revoked=row.revoked,
        revoked_by=row.revoked_by,
    )
