"""The one thread that writes: groups, failures that stay with their caller, and nobody hung."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection, Engine, make_url

from whybounce.gateway.store import (
    StoreError,
    StoreUnavailableError,
    Trouble,
    body_of,
    recording,
)
from whybounce.gateway.store.errors import LeaseLostError
from whybounce.gateway.store.rows import Event
from whybounce.gateway.store.writer import Transaction

PATIENCE = 30  # Seconds until a test says that somebody hangs.
WRITER = "store-writer"


class Gate:
    """Holds the writer of one database in its next commit until it is opened.

    Other tests of this process may have left gateways that run: their writers pass.
    """

    def __init__(self, url: str) -> None:
        self.writers: list[threading.Thread] = []  # In the order in which they first came.
        self._database = make_url(url).database
        self._entered = threading.Event()
        self._opened = threading.Event()
        self._is_deadly = False

    def hold(self, connection: Connection) -> None:
        """Wait, in the writer's thread alone; end the thread if that is wanted."""
        thread = threading.current_thread()
        if thread.name == WRITER and connection.engine.url.database == self._database:
            if thread not in self.writers:
                self.writers.append(thread)
            self._entered.set()
            self._opened.wait()
            if self._is_deadly:
                self._is_deadly = False
                raise SystemExit

    async def entered(self) -> None:
        """Wait until the writer is in its commit."""
        assert await asyncio.to_thread(self._entered.wait, PATIENCE)

    def close(self) -> None:
        """Hold the next commit again."""
        self._entered.clear()
        self._opened.clear()

    def open(self) -> None:
        """Let this commit go on, and all that follow."""
        self._opened.set()

    def kill(self) -> None:
        """End the thread that is in its commit; let all that follow go on."""
        self._is_deadly = True
        self._opened.set()


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    """Put a gate before the commits of the test's writer."""
    name = "url" if "url" in request.fixturenames else "sqlite_url"
    gate = Gate(request.getfixturevalue(name))
    event.listen(Engine, "commit", gate.hold)
    yield gate
    gate.open()
    event.remove(Engine, "commit", gate.hold)


@asynccontextmanager
async def while_a_commit_lasts(store, mail, gate):
    """Keep the writer in a commit while others come to wait; then let it go on."""
    first = asyncio.create_task(mail.accept(store))
    await gate.entered()
    yield first
    gate.open()


async def until_they_wait(store, count):
    """Let the tasks run until so many operations wait, all of them handed over to the thread."""
    async with asyncio.timeout(PATIENCE):
        while store.writer_figures().waiting < count:  # noqa: ASYNC110  # no event tells it
            await asyncio.sleep(0)
    await asyncio.sleep(0)  # What came in one round of the loop is handed over at its end.


async def test_whatever_waits_goes_into_the_next_commit(url, open_, mail, gate):
    """A hundred callers wait for one commit and not for a hundred."""
    async with open_(url) as store:
        async with while_a_commit_lasts(store, mail, gate):
            tasks = [asyncio.create_task(mail.accept(store)) for _ in range(100)]
            await until_they_wait(store, 100)
        await asyncio.gather(*tasks)
        figures = store.writer_figures()

    assert (figures.operations, figures.commits, figures.largest_group) == (101, 2, 100)


async def test_one_caller_waits_for_nobody(sqlite_url, open_, mail):
    """There is no timer: alone, each message has its own commit, at once."""
    async with open_(sqlite_url) as store:
        for _ in range(20):
            await mail.accept(store)

        assert store.writer_figures().commits == 20


async def test_a_failure_in_a_group_is_its_callers_alone(url, open_, mail, gate):
    """The others are accepted, each once."""
    async with open_(url) as store:
        async with while_a_commit_lasts(store, mail, gate):
            tasks = [
                asyncio.create_task(
                    mail.accept(store, "b\udcff@example.net" if n in (7, 23) else "b@example.net")
                )
                for n in range(30)
            ]
            await until_they_wait(store, 30)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        failed = [n for n, answer in enumerate(answers) if isinstance(answer, Exception)]

        assert failed == [7, 23]
        assert (await store.figures(now=mail.now)).messages == 29


async def test_an_expected_failure_does_not_break_the_group_up(url, open_, mail, gate):
    """A lost lease is told before anything is written."""
    async with open_(url) as store:
        gate.open()
        for _ in range(6):
            await mail.accept(store)
        old = await mail.lease(store)
        new = await mail.lease(store, at=mail.after(minutes=5), most=3)
        before = store.writer_figures()
        gate.close()
        async with while_a_commit_lasts(store, mail, gate):
            tasks = [
                asyncio.create_task(store.settle(mail.delivered(each))) for each in (*old, *new)
            ]
            await until_they_wait(store, 9)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        after = store.writer_figures()

    assert sum(isinstance(answer, LeaseLostError) for answer in answers) == 3
    assert after.failures == before.failures
    assert after.commits - before.commits == 2


async def test_an_error_in_our_own_code_reaches_its_caller(sqlite_url, open_, mail, monkeypatch):
    """As it is, so that it can be mended; the thread goes on."""

    def broken(*_: object) -> list[None]:
        raise ZeroDivisionError

    monkeypatch.setattr(recording, "record", broken)
    async with open_(sqlite_url) as store:
        with pytest.raises(ZeroDivisionError):
            await store.record(Event(mail.now, "refused", "policy"))

        await mail.accept(store)


async def test_what_the_database_refuses_is_said_without_the_statement(
    url, open_, mail, monkeypatch
):
    """The operator's log is no place for what was to be stored."""

    def breaking(transaction: Transaction, *_: object) -> list[None]:
        twice = "INSERT INTO counters VALUES ('k', 1, 1), ('k', 1, 1)"
        transaction.connection.execute(text(twice))
        return [None]

    monkeypatch.setattr(recording, "record", breaking)
    async with open_(url) as store:
        with pytest.raises(StoreError, match=r"(?i)unique") as caught:
            await store.record(Event(mail.now, "refused", "policy"))

    assert "INSERT" not in str(caught.value)


async def test_a_caller_that_left_before_its_turn_did_nothing(sqlite_url, open_, mail, gate):
    """The client hung up while the message waited; what it left in the spool goes too."""
    async with open_(sqlite_url) as store:

        async def session() -> None:
            async with store.receive() as body:
                await body.write(bytes(1_000_000))
                await store.accept(mail.message(), body)

        async with while_a_commit_lasts(store, mail, gate) as first:
            leaving = asyncio.create_task(session())
            await until_they_wait(store, 1)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
        await first
        await mail.accept(store)

        assert (await store.figures(now=mail.now)).messages == 2
        assert store.writer_figures().operations == 2
    async with open_(sqlite_url) as store:
        assert (await store.figures(now=mail.now)).octets == 2 * len(mail.small)


async def test_a_caller_that_left_later_disturbs_nobody(sqlite_url, open_, mail, gate):
    """Its message was recorded; the others hear of theirs."""
    async with open_(sqlite_url) as store:
        async with while_a_commit_lasts(store, mail, gate) as first:
            first.cancel()
            others = [asyncio.create_task(mail.accept(store)) for _ in range(2)]
            await until_they_wait(store, 2)
        answers = await asyncio.gather(first, *others, return_exceptions=True)

        assert [isinstance(answer, str) for answer in answers] == [False, True, True]
        assert (await store.figures(now=mail.now)).messages == 3


# pytest takes the end of a thread for a mistake; here it is what is tested.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_dies_hangs_nobody(sqlite_url, open_, mail, gate):
    """Who waits is told; who comes next starts it anew."""
    async with open_(sqlite_url) as store:
        begun = asyncio.create_task(mail.accept(store))
        await gate.entered()
        waiting = [asyncio.create_task(mail.accept(store)) for _ in range(3)]
        await until_they_wait(store, 3)
        gate.kill()
        async with asyncio.timeout(PATIENCE):
            answers = await asyncio.gather(begun, *waiting, return_exceptions=True)
        trouble = store.writer_figures().trouble
        await asyncio.to_thread(gate.writers[0].join, PATIENCE)  # Its end is told to this test.
        async with asyncio.timeout(PATIENCE):
            after = await mail.accept(store)

    assert {type(answer) for answer in answers} == {StoreUnavailableError}
    assert {answer.trouble for answer in answers} == {Trouble.STOPPED}
    assert trouble.trouble is Trouble.STOPPED
    assert isinstance(after, str)
    assert len(gate.writers) == 2


async def test_a_closed_store_says_so(sqlite_url, open_, mail):
    """To writers and readers."""
    async with open_(sqlite_url) as store:
        await mail.accept(store)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await mail.accept(store)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.next_due()


async def test_closing_does_what_was_asked_before(sqlite_url, open_, mail, gate):
    """Who waits for a commit is not left in doubt."""
    async with open_(sqlite_url) as store:
        async with while_a_commit_lasts(store, mail, gate) as first:
            tasks = [asyncio.create_task(mail.accept(store)) for _ in range(5)]
            await until_they_wait(store, 5)
            closing = asyncio.create_task(store.close())
            await asyncio.sleep(0)
        await closing
        answers = await asyncio.gather(first, *tasks)

    assert all(isinstance(answer, str) for answer in answers)


async def test_too_many_that_wait_are_told_to_come_back(sqlite_url, open_, mail, gate, monkeypatch):
    """Each holds memory."""
    monkeypatch.setattr("whybounce.gateway.store.writer._MOST_WAITING", 5)
    async with open_(sqlite_url) as store:
        async with while_a_commit_lasts(store, mail, gate):
            tasks = [asyncio.create_task(mail.accept(store)) for _ in range(20)]
            await until_they_wait(store, 5)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, StoreUnavailableError)]

        assert len(refused) == 15
        assert {answer.trouble for answer in refused} == {Trouble.BUSY}
        assert (await store.figures(now=mail.now)).messages == 6


async def test_a_group_is_bounded_by_its_octets(sqlite_url, open_, mail, gate):
    """Two hundred large bodies do not go into one transaction."""
    content = body_of(bytes(200_000))
    async with open_(sqlite_url) as store:
        async with while_a_commit_lasts(store, mail, gate):
            tasks = [asyncio.create_task(store.accept(mail.message(), content)) for _ in range(100)]
            await until_they_wait(store, 100)
        await asyncio.gather(*tasks)

        assert store.writer_figures().largest_group == (8 << 20) // 200_000 + 1


async def test_success_is_told_only_after_the_commit(sqlite_url, open_, mail):
    """A reader on another connection sees the message when its caller hears of it."""
    path = sqlite_url.removeprefix("sqlite:///")
    async with open_(sqlite_url) as store:
        for n in range(1, 20):
            await mail.accept(store)
            with sqlite3.connect(path) as other:
                assert other.execute("SELECT count(*) FROM messages").fetchone() == (n,)
            other.close()


async def test_where_the_system_has_no_thread_to_give_the_next_to_come_tries_again(
    sqlite_url, open_, mail, monkeypatch
):
    """And whoever waited is served then."""
    start, refused, ours = threading.Thread.start, [], threading.current_thread()

    def unable(thread: threading.Thread) -> None:
        # Another test's gateway may start its writer meanwhile, in a thread of its own.
        if thread.name == WRITER and threading.current_thread() is ours and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    async with open_(sqlite_url) as store:
        told: list[dict] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, said: told.append(said))
        monkeypatch.setattr(threading.Thread, "start", unable)
        first = asyncio.create_task(mail.accept(store))
        async with asyncio.timeout(PATIENCE):
            while not told:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0)
            answers = await asyncio.gather(first, mail.accept(store))

    assert all(isinstance(answer, str) for answer in answers)
    assert len(refused) == 1
