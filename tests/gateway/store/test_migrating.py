"""Queues of any release are opened, brought up to date whole or not at all."""

import asyncio
import re
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, event, inspect
from sqlalchemy.engine import Engine, Inspector

from whybounce.gateway.store import Filter, StoreSetupError, migrating
from whybounce.gateway.store.opening import open_for_reading, open_queue
from whybounce.gateway.store.rows import State, Terminal
from whybounce.gateway.store.tables import METADATA

QUEUES = Path(__file__).parent / "queues"
MIGRATIONS = Path(migrating.__file__).with_name("migrations")

# What a database says of its tables, in no order.
SQLITE_SAYS = """SELECT sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name <> 'alembic_version'"""
POSTGRESQL_SAYS = """
    SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'
    UNION ALL SELECT indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'"""


def test_head_is_the_newest_migration_and_there_is_one():
    """It stands in the code so that opening an up-to-date queue imports nothing."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(settings).get_heads() == [migrating.HEAD]


def test_every_migration_has_a_queue_that_was_written_with_it():
    """Run tools/queue_dump.py for a new one."""
    files = {path.stem[:4] for path in (MIGRATIONS / "versions").glob("0*.py")}

    assert files == {path.stem for path in QUEUES.glob("*.sql")}


def test_the_migrations_make_the_tables_that_the_code_has(url, sql):
    """Column by column, constraint by constraint, index by index."""
    says = SQLITE_SAYS if url.startswith("sqlite") else POSTGRESQL_SAYS
    open_queue(url).release()
    migrated = described(url, sql, says)
    as_the_code_has_them(url, sql)

    assert described(url, sql, says) == migrated
    assert len(migrated) > 30


def described(url, sql, says):
    """Return what the database says, line by line and without what two writers write differently.

    SQLite writes a column that is added later behind a comma, on the last column's line.
    """
    lines = [line for (told,) in sql(url, says) for line in re.split(r"\n|, ", told)]
    return sorted(filter(None, (re.sub(r"[\s(),]+", " ", line).strip() for line in lines)))


def as_the_code_has_them(url, sql):
    """Make the tables anew, without migrations."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).unlink()
    else:
        sql(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    driver = url.replace("postgresql:", "postgresql+psycopg:")
    METADATA.create_all(create_engine(driver, poolclass=NullPool))


@pytest.mark.parametrize("dump", sorted(QUEUES.glob("*.sql")), ids=lambda path: path.stem)
async def test_a_queue_of_a_previous_release_goes_on(sqlite_url, open_, mail, dump):
    """What was delivered stays so; what was not is; bodies, lives and blocks are there."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    old = sqlite3.connect(path)
    old.executescript(dump.read_text(encoding="utf-8"))
    old.close()
    shutil.copytree(dump.with_suffix(".bodies"), f"{path}.bodies")
    async with open_(sqlite_url) as store:
        at = mail.after(minutes=1)
        report, carol = await mail.lease(store, at=at)
        contents = [await mail.content(store, each.message.id) for each in (report, carol)]
        await store.settle(mail.delivered(report))
        await store.settle(mail.delivered(carol))
        life = await store.life(carol.message.id)
        held = await store.queue(Filter(state=State.HELD), most=9)
        blocks = await store.blocks(now=mail.now)
        counted = await store.counted(["sender:anna@example.org"], since=mail.now)
        trace = await store.trace("bin@example.net", since=mail.now, until=mail.now, most=9)

    assert contents == [
        b"Subject: Undeliverable\r\n\r\nIn a row.\r\n",
        b"Subject: Minutes\r\n\r\nIn a file.\r\n",
    ]
    assert carol.message.session.facts == {"spf": "pass"}
    assert [each.outcome.terminal for each in life.entry.recipients] == [
        Terminal.DELIVERED,
        Terminal.DELIVERED,
        Terminal.FAILED,
    ]
    assert life.entry.recipients[2].outcome.report == report.message.id
    assert [entry.recipients[0].address for entry in held.entries] == ["emil@example.net"]
    assert [block.subject for block in blocks] == ["x@example.org"]
    assert counted == {"sender:anna@example.org": 3}
    assert [each.text for each in trace.events] == ["550 no"]


async def test_a_queue_of_a_newer_release_is_left_alone(url, open_, mail, sql):
    """One sentence says which release can open it."""
    async with open_(url) as store:
        await mail.accept(store)
    sql(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreSetupError, match=r"newer Whybounce .*9999"):
        await open_(url).__aenter__()
    with pytest.raises(StoreSetupError, match="9999"), open_for_reading(url):
        pass

    assert sql(url, "SELECT count(*) FROM messages") == [(1,)]


@pytest.mark.parametrize("statement", [0, 1, 5, 12, 20])
def test_an_upgrade_that_fails_leaves_nothing_behind(url, sql, statement):
    """The power goes in the middle; the next start begins where this one did."""
    seen: list[str] = []

    def fail(_connection: object, _cursor: object, said: str, *_: object) -> None:
        if said.lstrip().startswith("CREATE"):
            if len(seen) == statement:
                raise KeyboardInterrupt
            seen.append(said)

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(KeyboardInterrupt):
            open_queue(url)
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    tables = (
        "SELECT name FROM sqlite_master"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )

    assert sql(url, tables) == []
    open_queue(url).release()


STEPS = sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))


def brought_to(url: str, step: str) -> Engine:
    """Bring the tables to a release's; return the engine."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, step)
    return engine


@pytest.mark.parametrize(("before", "after"), [*pairwise(STEPS)])
def test_a_step_leaves_what_nodes_of_the_release_before_work_with(postgresql_url, before, after):
    """They go on beside the one that brought the tables up to date, until they are replaced."""
    old = inspect(brought_to(postgresql_url, before))
    tables = old.get_table_names()
    columns = {table: seen(old, table) for table in tables}
    rules = {table: ruled(old, table) for table in tables}
    new = inspect(brought_to(postgresql_url, after))

    for table in tables:
        there = seen(new, table)
        assert columns[table].items() <= there.items(), "a column is gone, or is another"
        added = there.keys() - columns[table].keys()
        assert all(there[name][1] for name in added), "an INSERT without it must do"
        assert ruled(new, table) == rules[table], "what they write may be refused"


def seen(tables: Inspector, table: str) -> dict[str, tuple[str, bool]]:
    """Return each column's type, and whether a row does without it."""
    return {
        each["name"]: (str(each["type"]), each["nullable"] or each["default"] is not None)
        for each in tables.get_columns(table)
    }


def ruled(tables: Inspector, table: str) -> set[str]:
    """Return what is asked of a row."""
    return {
        *(f"{each['name']} {each['sqltext']}" for each in tables.get_check_constraints(table)),
        *(str(each["constrained_columns"]) for each in tables.get_foreign_keys(table)),
        *(str(each["column_names"]) for each in tables.get_indexes(table) if each["unique"]),
    }


def test_a_transaction_of_an_older_node_is_waited_for(postgresql_url):
    """What it had begun before the tables changed is recorded, and then they change."""
    brought_to(postgresql_url, "0002").dispose()
    with ThreadPoolExecutor() as threads, psycopg.connect(postgresql_url) as older:
        older.execute("INSERT INTO counters (key, minute, count) VALUES ('all', 1, 1)")
        older.execute("LOCK TABLE attempts IN ROW EXCLUSIVE MODE")  # As its INSERT does.
        newer = threads.submit(lambda: open_queue(postgresql_url).release())
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'attempts'::regclass"
        )
        with psycopg.connect(postgresql_url, autocommit=True) as looking:
            while not newer.done() and looking.execute(waiting).fetchone() == (0,):
                time.sleep(0.02)
        has_waited = not newer.done()
        older.commit()
        newer.result(60)
        counted = older.execute("SELECT count FROM counters").fetchall()

    assert has_waited
    assert counted == [(1,)]


async def test_nodes_that_start_together_upgrade_once(postgresql_url, open_, mail):
    """The others wait for the first, and find it done."""
    stores = [open_(postgresql_url) for _ in range(4)]
    opened = await asyncio.gather(*(store.__aenter__() for store in stores))
    await asyncio.gather(*(mail.accept(store) for store in opened))

    assert (await opened[0].figures(now=mail.now)).messages == 4
    for store in stores:
        await store.__aexit__(None, None, None)
