"""PostgreSQL: what only a server can do, and what it does when it is not there."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection, Engine

from whybounce.gateway.store import (
    StoreError,
    StoreSetupError,
    StoreUnavailableError,
    Trouble,
    body_of,
    postgresql as dialect,
)


@pytest.fixture
def cut(postgresql_url):
    """Cut the connections of the queue's nodes, all of them, from the server's side, and see them end."""

    def cut() -> None:
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return cut


@contextmanager
def at_the_commit(act) -> Iterator[None]:
    """Do something between the last statement and the COMMIT, once; other tests' gateways use SQLite."""
    acts = [act]

    def strike(connection: Connection) -> None:
        if acts and connection.dialect.name == "postgresql":
            acts.pop()()

    event.listen(Engine, "commit", strike)
    try:
        yield
    finally:
        event.remove(Engine, "commit", strike)


async def test_a_connection_lost_between_transactions_is_made_anew(
    postgresql_url, open_, mail, cut
):
    """The server was restarted at night: nobody hears of it."""
    async with open_(postgresql_url) as store:
        await mail.accept(store)
        await store.next_due()
        cut()
        await mail.accept(store)
        cut()

        assert (await store.figures(now=mail.now)).messages == 2


async def test_connections_lost_while_nobody_read_are_made_anew_for_all_who_read(
    postgresql_url, open_, mail, cut
):
    """None of those that waited in the pool is looked at before it is used."""
    async with open_(postgresql_url) as store:
        await mail.accept(store)
        for _ in range(2):
            due = await asyncio.gather(*(store.next_due() for _ in range(8)))
            assert set(due) == {mail.now}
            cut()


async def test_a_question_whose_connection_is_lost_each_time_is_not_asked_for_ever(
    postgresql_url, open_
):
    """Once more may help; then it is said."""
    asked = []

    def ask(connection: Connection) -> None:
        asked.append(connection)
        connection.connection.driver_connection.close()
        connection.execute(text("SELECT 1"))

    async with open_(postgresql_url) as store:
        with pytest.raises(StoreUnavailableError) as caught:
            await store.ask(ask)

    assert caught.value.trouble is Trouble.UNREACHABLE
    assert len(asked) == 2


async def test_a_connection_lost_in_a_commit_is_told_and_nothing_done_again(
    postgresql_url, open_, mail, cut
):
    """Nobody knows whether it happened: the client is told 451, and may send it again."""
    async with open_(postgresql_url) as store:
        await mail.accept(store)
        with at_the_commit(cut), pytest.raises(StoreUnavailableError) as caught:
            await mail.accept(store)
        assert caught.value.trouble is Trouble.UNREACHABLE
        await mail.accept(store)

        assert (await store.figures(now=mail.now)).messages == 2


async def test_a_server_that_is_gone_is_said_until_it_is_back(
    postgresql, postgresql_url, open_, mail
):
    """To every caller at once, and none hangs; then it goes on without hands."""
    async with open_(postgresql_url) as store:
        first = await mail.accept(store)
        postgresql.stop(signal.SIGQUIT)
        try:
            answers = await asyncio.wait_for(
                asyncio.gather(
                    *(mail.accept(store) for _ in range(5)),
                    store.next_due(),
                    return_exceptions=True,
                ),
                60,
            )
            trouble = store.writer_figures().trouble
        finally:
            postgresql.start()
        await mail.accept(store)
        leased = await mail.lease(store)

    assert {type(answer) for answer in answers} == {StoreUnavailableError}
    assert {answer.trouble for answer in answers} == {Trouble.UNREACHABLE}
    assert trouble.trouble is Trouble.UNREACHABLE
    assert leased[0].message.id == first
    assert len(leased) == 2


async def test_a_database_that_was_removed_is_said_until_it_is_back(
    postgresql, postgresql_url, open_, mail, sql
):
    """Also where an empty one stands in its place: that one is left as it is."""
    name = postgresql_url.rpartition("/")[2]
    server = f"{postgresql.url}/postgres"
    async with open_(postgresql_url) as store:
        await mail.accept(store)
        sql(
            server,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608  # ours
            f"ALTER DATABASE {name} RENAME TO a{name}",
        )
        with pytest.raises(StoreUnavailableError, match="does not exist"):
            await mail.accept(store)
        sql(server, f"CREATE DATABASE {name}")
        for asked in (mail.accept(store), store.next_due()):
            with pytest.raises(
                StoreUnavailableError, match=r'"(messages|bodies|recipients)" does not'
            ):
                await asked
        left = sql(postgresql_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        sql(
            server,
            f"DROP DATABASE {name} WITH (FORCE)",
            f"ALTER DATABASE a{name} RENAME TO {name}",
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS true",
        )
        await mail.accept(store)
        figures = await store.figures(now=mail.now)

    assert left == [(0,)]
    assert figures.messages == 2


@pytest.mark.parametrize("setting", ["synchronous_commit"])
async def test_a_server_that_may_lose_what_it_confirmed_is_refused(postgresql_url, open_, setting):
    """One sentence says what to set."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET {setting} = off")
    with pytest.raises(StoreSetupError, match=f"set {setting} = on"):
        await open_(postgresql_url).__aenter__()


@pytest.mark.parametrize(("seconds", "said"), [(300, "ahead of"), (-300, "behind")])
async def test_a_node_with_another_time_than_the_database_is_refused(
    postgresql_url, open_, monkeypatch, seconds, said
):
    """It would take for over what the others still have in hand."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=seconds)

    monkeypatch.setattr(dialect, "datetime", Clock)
    with pytest.raises(StoreSetupError, match=rf"clock is \d+ seconds {said} the database .* NTP"):
        await open_(postgresql_url).__aenter__()
    monkeypatch.undo()
    async with open_(postgresql_url):
        pass


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("CREATE TABLE messages (id text)", "not this gateway's: name an empty database"),
        (
            "CREATE TABLE alembic_version AS SELECT 'ae10' AS version_num",
            "another program keeps its tables in this database",
        ),
    ],
)
async def test_a_database_of_another_program_is_left_alone(postgresql_url, open_, sql, rows, said):
    """Nothing of it is changed, and what to name instead is said."""
    sql(postgresql_url, rows)
    with pytest.raises(StoreSetupError, match=said):
        await open_(postgresql_url).__aenter__()

    assert sql(postgresql_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [
        (1,)
    ]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("REVOKE", "permission denied .* the role must own the database"),
        ("read only", "read-only: .* name the server that takes writes"),
    ],
)
async def test_who_may_only_read_hears_so_at_the_start(postgresql_url, open_, sql, setting, said):
    """A standby, or a role with too few rights."""
    async with open_(postgresql_url):
        pass
    name = postgresql_url.rpartition("/")[2]
    url = postgresql_url
    if setting == "REVOKE":
        sql(
            url,
            f"CREATE ROLE w{name} LOGIN",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO w{name}",
        )
        url = url.replace("//test@", f"//w{name}@")
    else:
        sql(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match=said):
        await open_(url).__aenter__()
    if setting == "REVOKE":
        sql(postgresql_url, f"DROP OWNED BY w{name}", f"DROP ROLE w{name}")


async def test_a_role_that_may_not_make_tables_is_said(postgresql_url, open_):
    """Before anything listens."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        role = f"r{connection.info.dbname}"
        connection.execute(f"CREATE ROLE {role} LOGIN")
    url = postgresql_url.replace("//test@", f"//{role}@")
    with pytest.raises(
        StoreSetupError, match="permission denied for schema public; the role must own"
    ):
        await open_(url).__aenter__()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{server}/no_such_database", "does not exist"),
        ("{server}/queue", "does not exist"),
        ("postgresql://test:secret@127.0.0.1:1/queue", "refused; see that it runs"),
        ("postgresql://test:secret@nowhere.invalid/queue", "nowhere.invalid"),
    ],
)
async def test_a_server_that_cannot_be_reached_is_said(postgresql, open_, wrong, said):
    """On one line, without the password."""
    url = wrong.format(server=postgresql.url.replace("//test@", "//nobody:secret@"))
    with pytest.raises(StoreUnavailableError, match=said) as caught:
        await open_(url).__aenter__()

    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.trouble is Trouble.UNREACHABLE


async def test_without_its_driver_it_says_what_to_install(open_, monkeypatch):
    """The plain gateway does not bring it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreSetupError, match=r"pip install 'whybounce\[postgres\]'"):
        await open_("postgresql://test@127.0.0.1/queue").__aenter__()


async def test_a_large_body_is_rows_and_no_file(postgresql_url, open_, mail, sql):
    """Nodes keep nothing: another reads what one received."""
    content = bytes(range(256)) * 4000
    async with open_(postgresql_url) as one, open_(postgresql_url) as two:
        async with one.receive() as body:
            for start in range(0, len(content), 100_000):
                await body.write(content[start : start + 100_000])
            id_ = await one.accept(mail.message(), body)

        assert await mail.content(two, id_) == content
        assert sql(postgresql_url, "SELECT count(*), max(length(data)) FROM chunks") == [
            (4, 256 << 10)
        ]


async def test_two_nodes_that_accept_and_settle_do_not_lock_each_other_out(
    postgresql_url, open_, mail
):
    """Rows are locked in one order everywhere."""
    async with open_(postgresql_url) as one, open_(postgresql_url) as two:

        async def work(store, node: str) -> int:
            settled = 0
            while leased := await mail.lease(store, node, most=7):
                await asyncio.gather(*(store.settle(mail.delivered(each)) for each in leased))
                settled += len(leased)
            return settled

        domains = [f"ben@d{n}.example" for n in range(6)]
        content = body_of(mail.small)
        for _ in range(20):
            await one.accept(mail.message(*domains, counts={"all": 1}), content)
        done = await asyncio.gather(
            *(work(store, node) for store, node in [(one, "a"), (two, "b")] * 3)
        )
        figures = await one.figures(now=mail.now)

    assert sum(done) == 120
    assert figures.messages == 0
    assert one.writer_figures().failures == two.writer_figures().failures == 0
