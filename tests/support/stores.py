"""Stores on real databases, and mail to put into them."""

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from whybounce.gateway.store import Store, body_of, open_store
from whybounce.gateway.store.rows import (
    Attempt,
    Consignment,
    Deferral,
    Envelope,
    NewMessage,
    Outgoing,
    Recipient,
    Retirement,
    Session,
    Settlement,
    Terminal,
    Told,
)
from whybounce.vocabulary.envelope import Notify

Opens = Callable[..., AbstractAsyncContextManager[Store]]


@pytest.fixture
def sqlite_url(in_memory: Path) -> str:
    """Name a queue in a file that is not there yet."""
    return f"sqlite:///{in_memory}/queue.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Name an empty queue on each database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def open_() -> Opens:
    """Open a store, with chance that is the same in every run."""
    chance = random.Random(7)  # noqa: S311  # the same in every run
    return lambda url, **more: open_store(url, random_bits=chance.getrandbits, **more)


@pytest.fixture
def sql() -> Callable[..., list[tuple[object, ...]]]:
    """Run statements behind the store's back, and return the rows of the last."""

    def run(url: str, *statements: str) -> list[tuple[object, ...]]:
        driver = url.replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(driver, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        rows: list[tuple[object, ...]] = []
        with engine.connect() as connection:
            if url.startswith("sqlite"):
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            for statement in statements:
                result = connection.execute(text(statement))
                rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows

    return run


@dataclass
class Mail:
    """Mail to put into a store, and the usual ends of it."""

    now: datetime = field(default=datetime(2026, 11, 21, 12, tzinfo=UTC))
    small: bytes = b"Subject: Minutes\r\n\r\nSee below.\r\n"

    def after(self, **span: float) -> datetime:
        """Return the time so much later."""
        return self.now + timedelta(**span)

    def message(
        self,
        *addresses: str,
        sender: str = "anna@example.org",
        arrived: datetime | None = None,
        **more: object,
    ) -> NewMessage:
        """Return a message to the addresses."""
        arrived = arrived or self.now
        recipients = tuple(
            Recipient(address, f"rfc822;{address}", frozenset({Notify.FAILURE, Notify.DELAY}))
            for address in addresses or ("ben@example.net",)
        )
        return NewMessage(
            Envelope(sender, recipients),
            arrived=arrived,
            expires=arrived + timedelta(days=5),
            **{
                "session": Session(client="192.0.2.1", helo="mail.example.org"),
                "message_id": "<1@example.org>",
                "subject": "Minutes",
                **more,
            },
        )

    async def accept(self, store: Store, *addresses: str, **more: object) -> str:
        """Accept a small message to the addresses."""
        return await store.accept(self.message(*addresses, **more), body_of(self.small))

    async def lease(
        self, store: Store, node: str = "a", at: datetime | None = None, most: int = 100
    ) -> tuple[Consignment, ...]:
        """Lease what is due for five minutes."""
        at = at or self.now
        return await store.lease(most, node=node, now=at, until=at + timedelta(minutes=5))

    def delivered(self, consignment: Consignment, *numbers: int) -> Settlement:
        """Settle the recipients, or all, as delivered."""
        numbers = numbers or tuple(each.number for each in consignment.recipients)
        return Settlement(
            consignment,
            self.now,
            attempts=tuple(Attempt(n, self.now, "mx.example.net", code=250) for n in numbers),
            retirements=tuple(Retirement(n, Terminal.DELIVERED) for n in numbers),
        )

    def deferred(self, consignment: Consignment, due: datetime, *numbers: int) -> Settlement:
        """Settle the recipients, or all, as to be tried again."""
        numbers = numbers or tuple(each.number for each in consignment.recipients)
        return Settlement(
            consignment,
            self.now,
            attempts=tuple(Attempt(n, self.now, "mx.example.net", code=451) for n in numbers),
            deferrals=tuple(Deferral(n, due) for n in numbers),
        )

    def failed(self, consignment: Consignment, *, reported: bool = True) -> Settlement:
        """Settle all as failed, with a report or with it withheld."""
        report = Outgoing(
            self.message(consignment.message.sender, sender="", about=consignment.message.id),
            body_of(b"Subject: Undeliverable\r\n\r\n"),
        )
        return Settlement(
            consignment,
            self.now,
            retirements=tuple(
                Retirement(
                    each.number,
                    Terminal.FAILED,
                    cause="no-such-mailbox",
                    status="5.1.1",
                    reply="550 5.1.1 User unknown",
                    remote="mx.example.net",
                    report=0 if reported else None,
                    told=None if reported else Told.WITHHELD,
                )
                for each in consignment.recipients
            ),
            messages=(report,) if reported else (),
        )

    async def content(self, store: Store, message: str) -> bytes:
        """Return the message's whole body."""
        pieces = [piece async for piece in store.body(message, node="a", now=self.now)]
        return b"".join(pieces)


@pytest.fixture
def mail() -> Mail:
    """Mail to put into a store."""
    return Mail()
