"""Tokens: what one node at a time does, such as the periodic chores.

Each new holder gets a larger number, so that work done in the name of an old one can be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, or_, update

from whybounce.gateway.store.errors import StoreError
from whybounce.gateway.store.tables import tokens
from whybounce.gateway.store.writer import Transaction


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants the token, from when, until when."""

    name: str
    holder: str
    now: datetime
    until: datetime


def take(transaction: Transaction, claims: Sequence[Claim]) -> list[int | StoreError | None]:
    """Return the token's number for each that holds it now; None where another does."""
    return [_take(transaction, claim) for claim in claims]


def _take(transaction: Transaction, claim: Claim) -> int | None:
    taking = transaction.insert(tokens).values(
        name=claim.name, holder=claim.holder, until=claim.until, number=1
    )
    mine = tokens.c.holder == taking.excluded.holder
    taken = transaction.connection.execute(
        taking.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "holder": taking.excluded.holder,
                "until": taking.excluded.until,
                "number": tokens.c.number + case((mine, 0), else_=1),
            },
            where=or_(mine, tokens.c.until <= claim.now),
        ).returning(tokens.c.number)
    ).one_or_none()
    return None if taken is None else int(taken.number)


def give_up(transaction: Transaction, claims: Sequence[Claim]) -> list[StoreError | None]:
    """End the holders' hold, so that the next need not wait for it to run out."""
    for claim in claims:
        transaction.connection.execute(
            update(tokens)
            .where(tokens.c.name == claim.name, tokens.c.holder == claim.holder)
            .values(until=claim.now)
        )
    return [None] * len(claims)
