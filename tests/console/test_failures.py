"""What failed is counted by the database, from an index that holds failures alone, however many mails there were."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from stores import Mail
from whybounce.console.failures import failed, failures
from whybounce.gateway.store import Store, open_store
from whybounce.gateway.store.opening import open_for_reading
from whybounce.vocabulary.fix_it_owner import FixItOwner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Name a queue with mails that failed on three days, and one that arrived."""
    url = f"sqlite:///{tmp_path_factory.mktemp('failures')}/queue.db"

    async def fill() -> None:
        async with open_store(url, random_bits=secrets.randbits) as store:
            for days, count in ((20, 1), (3, 1), (0, 2)):
                for _ in range(count):
                    await _one(store, NOW - timedelta(days=days), is_reached=False)
            await _one(store, NOW, is_reached=True)

    asyncio.run(fill())
    return url


async def _one(store: Store, at: datetime, *, is_reached: bool) -> None:
    mail = Mail(now=at)
    id_ = await mail.accept(store, "ben@example.net")
    (consignment,) = await store.lease_message(
        id_, most=9, node="a", now=at, until=at + timedelta(minutes=5)
    )
    ended = mail.delivered(consignment) if is_reached else mail.failed(consignment, reported=False)
    await store.settle(ended)


def test_failures_are_counted_by_cause_owner_and_day(url):
    """Days without any stand there too."""
    with open_for_reading(url) as connection:
        week = failures(connection, now=NOW, days=7)
        month = failures(connection, now=NOW, days=30)

    assert (week.total, month.total) == (3, 4)
    assert [(each.cause, each.count) for each in week.bars] == [("no-such-mailbox", 3)]
    assert week.owners == ((FixItOwner.SENDER, 3),)
    assert [count for _, count in week.days] == [0, 0, 0, 1, 0, 0, 2]
    assert not week.is_cut


@pytest.mark.parametrize(
    ("which", "count"),
    [
        ({}, 4),
        ({"cause": "no-such-mailbox"}, 4),
        ({"cause": "mailbox-full"}, 0),
        ({"owner": FixItOwner.SENDER}, 4),
        ({"owner": FixItOwner.OPERATOR}, 0),
        ({"day": NOW.date()}, 2),
        ({"day": (NOW - timedelta(days=1)).date()}, 0),
    ],
)
def test_each_bar_leads_to_its_mails(url, which, count):
    """With the address, what was said, and the message's id."""
    with open_for_reading(url) as connection:
        found = failed(connection, now=NOW, days=30, **which)

    assert len(found) == count
    assert {each.reply for each in found} <= {"550 5.1.1 User unknown"}


def test_no_mail_that_arrived_is_looked_at(url):
    """SQLite says how it answers: from the index of failures, and single rows by their keys."""
    asked = []
    with open_for_reading(url) as connection:
        event.listen(connection, "before_cursor_execute", lambda *about: asked.append(about[2:4]))
        failures(connection, now=NOW, days=30)
        failed(connection, now=NOW, days=30, owner=FixItOwner.SENDER)
        plans = [
            row[3]
            for statement, parameters in list(asked)
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    tables = [plan for plan in plans if "outcomes" in plan or "recipients" in plan]
    assert tables
    assert all("ix_outcomes_not_reached" in plan or "PRIMARY KEY" in plan for plan in tables)
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert all("anon" in plan or "alembic" in plan for plan in scans)
