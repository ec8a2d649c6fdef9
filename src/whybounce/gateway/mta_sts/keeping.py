"""Policies in the queue's database, where every node finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Table, Text, delete, select

from whybounce.checking.mta_sts import StsPolicy
from whybounce.gateway.store import Store
from whybounce.gateway.store.columns import Json, Moment
from whybounce.gateway.store.tables import METADATA
from whybounce.gateway.store.writer import Transaction

_MOST = 1000  # Policies that are renewed in one go.

policies = Table(
    "mta_sts_policies",
    METADATA,
    Column("domain", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("policy", Json(StsPolicy), nullable=False),
    Column("fetched", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used", Moment, nullable=False),
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy, and how long it holds."""

    domain: str
    id: str  # The DNS record's, by which a newer one is known.
    policy: StsPolicy
    fetched: datetime
    expires: datetime
    used: datetime  # When mail was last sent by it, to the day.

    def holds(self, now: datetime) -> bool:
        """Return whether it is in force."""
        return now < self.expires


async def kept_of(store: Store, domain: str) -> Kept | None:
    """Return the domain's policy, be it out of date. Raises StoreError."""
    which = select(policies).where(policies.c.domain == domain)

    def ask(connection: Connection) -> Kept | None:
        row = connection.execute(which).one_or_none()
        return None if row is None else Kept(*row)

    return await store.ask(ask)


async def all_in_use(store: Store, *, since: datetime, now: datetime) -> tuple[Kept, ...]:
    """Return the policies in force that were used since then, the oldest first. Raises StoreError."""
    which = (
        select(policies)
        .where(policies.c.used >= since, policies.c.expires > now)
        .order_by(policies.c.fetched)
        .limit(_MOST)
    )
    return await store.ask(lambda c: tuple(Kept(*row) for row in c.execute(which)))


async def keep(store: Store, kept: Kept) -> None:
    """Put the policy in the place of the domain's last one. Raises StoreError."""
    await store.perform(_keep, kept)


async def drop_expired(store: Store, now: datetime) -> int:
    """Remove what is out of date; return how many policies went. Raises StoreError."""
    return await store.perform(_drop, now)


def _keep(transaction: Transaction, asked: Sequence[Kept]) -> list[None]:
    for each in asked:
        row = {
            "domain": each.domain,
            "id": each.id,
            "policy": each.policy,
            "fetched": each.fetched,
            "expires": each.expires,
            "used": each.used,
        }
        inserted = transaction.insert(policies).values(row)
        changed = inserted.on_conflict_do_update(index_elements=["domain"], set_=row)
        transaction.connection.execute(changed)
    return [None] * len(asked)


def _drop(transaction: Transaction, asked: Sequence[datetime]) -> list[int]:
    return [
        transaction.connection.execute(delete(policies).where(policies.c.expires <= now)).rowcount
        for now in asked
    ]
