"""The cost of a question does not grow with the queue: each is answered from an index."""

import re

import pytest
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine import Engine

from whybounce.gateway.store import Deed, Filter, Instruction, Lifting, NewBlock, Retention
from whybounce.gateway.store.holding import Claim
from whybounce.gateway.store.opening import open_for_reading
from whybounce.gateway.store.rows import Event

# What reads a whole table, and may: metrics and small tables.
MAY_SCAN = (
    "COVERING INDEX ix_messages_body",  # The figures: unfinished messages, from the index alone.
    "COVERING INDEX ix_recipients_due",  # And queued recipients.
    "INDEX ix_recipients_state",  # And those that are held or set aside, which it holds alone.
    "SCAN blocks",  # As many as operators and limits make.
    "SCAN alembic_version",
    "buckets",  # Each minute since the time in question, and in each a search.
    "SCAN counters",  # Purging, which reads what it removes.
    "CONSTANT ROW",
)


@pytest.fixture
def statements(sqlite_url):
    """Collect what the test's store asks, with what it asks about; other tests' may run beside it."""
    asked: dict[str, object] = {}
    database = make_url(sqlite_url).database

    def note(connection: Connection, *about: object) -> None:
        _, statement, parameters, _, many = about
        if connection.engine.url.database != database:
            return
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")):
            asked[statement] = parameters[0] if many else parameters

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


async def test_no_question_reads_the_whole_queue(sqlite_url, open_, mail, statements):
    """SQLite tells how it would answer each statement of a day's work."""
    async with open_(sqlite_url) as store:
        await _a_days_work(store, mail)
    asked = dict(statements)
    scans = []
    with open_for_reading(sqlite_url) as connection:
        for statement, parameters in asked.items():
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans += [
                (row[3], re.sub(r"\s+", " ", statement))
                for row in rows
                if row[3].startswith("SCAN") and not any(may in row[3] for may in MAY_SCAN)
            ]

    assert scans == []
    assert len(asked) > 40


async def _a_days_work(store, mail) -> None:
    """Do everything once."""
    ids = [await mail.accept(store, "b@example.net", counts={"k": 1}) for _ in range(6)]
    leased = await mail.lease(store, most=4)
    await store.renew(leased[0], until=mail.after(minutes=9))
    await store.give_back(leased[0], due=mail.now)
    await store.settle(mail.delivered(leased[1]))
    await store.settle(mail.failed(leased[2]))
    await store.settle(mail.deferred(leased[3], mail.after(minutes=1)))
    await store.give_back_all("a", now=mail.now)
    until = mail.after(minutes=5)
    await store.lease_message(ids[0], most=9, node="a", now=mail.now, until=until, held=True)
    await mail.content(store, ids[0])
    for deed in Deed:
        await store.operate(Instruction(deed, ids[5], "olga", mail.now))
    await store.next_due()
    await store.counted(["k"], since=mail.now)
    await store.record(Event(mail.now, "refused", "policy", address="b@example.net"))
    block = await store.block(NewBlock("ip", "192.0.2.1", "ip-blocked", "spam", "p", mail.now))
    await store.blocks(now=mail.now)
    await store.lift(Lifting(block, "olga", mail.now))
    claim = Claim("chores", "a", mail.now, mail.after(minutes=1))
    await store.take(claim)
    await store.give_up(claim)
    page = await store.queue(Filter(domain="example.net"), most=1)
    await store.queue(Filter(), most=1, after=page.after)
    await store.latest_attempts(ids)
    await store.sweep(before=mail.now)
    await store.happened("report-withheld", since=mail.now, most=9)
    await store.trace("b@example.net", since=mail.now, until=mail.now, most=9)
    await store.trace("@example.net", since=mail.now, until=mail.now, most=9)
    await store.trace(None, since=mail.now, until=mail.now, most=9)
    await store.figures(now=mail.now)
    later = mail.after(days=9)
    while await store.purge(Retention(later, later, later, later, most=9)):
        pass


async def test_the_trace_asks_the_index_on_postgresql_too(postgresql_url, open_, mail, sql):
    """Given enough rows that reading them all would be the longer way."""
    async with open_(postgresql_url) as store:
        await mail.accept(store)
    sql(
        postgresql_url,
        "INSERT INTO messages (id, arrived, expires, sender, body_type, smtputf8, size,"
        " unfinished, finished) SELECT n * 4000000000, n, n, 's' || n || '@example.org', '7BIT',"
        " 0, 1, 0, 1 FROM generate_series(1, 50000) AS n",
        "ANALYZE",
    )
    with open_for_reading(postgresql_url) as connection:
        plan = connection.execute(
            text(
                "EXPLAIN WITH RECURSIVE b(bucket) AS (SELECT 100::bigint UNION ALL SELECT"
                " bucket - 1 FROM b WHERE bucket > 0) SELECT id FROM messages JOIN b ON"
                " messages.id / 1099511627776 = b.bucket WHERE lower(sender) = lower('x')"
            )
        )
        said = "\n".join(row[0] for row in plan)

    assert "ix_messages_sender" in said
    assert "Seq Scan on messages" not in said
