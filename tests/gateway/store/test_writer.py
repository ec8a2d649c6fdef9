"""The one thread that writes: groups, failures that stay with their caller, and nobody hung."""

import asyncio
import ctypes
import sqlite3
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from whybounce.gateway.store import StoreError, StoreUnavailableError, Trouble, body_of, recording
from whybounce.gateway.store.errors import LeaseLostError
from whybounce.gateway.store.rows import Event
from whybounce.gateway.store.writer import Transaction

PATIENCE = 10  # Seconds until a test says that somebody hangs.


@contextmanager
def slow_commits(seconds):
    """Make each commit take as long as on a slow disk."""

    def sleep(_connection: object) -> None:
        time.sleep(seconds)

    event.listen(Engine, "commit", sleep)
    try:
        yield
    finally:
        event.remove(Engine, "commit", sleep)


def writer_thread():
    """Return the store's thread."""
    return next(each for each in threading.enumerate() if each.name == "store-writer")


async def test_whatever_waits_goes_into_the_next_commit(url, open_, mail):
    """A hundred callers wait for two commits and not for a hundred."""
    async with open_(url) as store:
        await mail.accept(store)
        with slow_commits(0.2):
            await asyncio.gather(*(mail.accept(store) for _ in range(100)))
        figures = store.writer_figures()

        assert figures.operations == 101
        assert figures.commits <= 4
        assert figures.largest_group >= 90


async def test_one_caller_waits_for_nobody(sqlite_url, open_, mail):
    """There is no timer: alone, each message has its own commit, at once."""
    async with open_(sqlite_url) as store:
        for _ in range(20):
            await mail.accept(store)

        assert store.writer_figures().commits == 20


async def test_a_failure_in_a_group_is_its_callers_alone(url, open_, mail):
    """The others are accepted, each once."""
    async with open_(url) as store:
        await mail.accept(store)
        with slow_commits(0.1):
            answers = await asyncio.gather(
                mail.accept(store),
                *(
                    mail.accept(store, "b\udcff@example.net" if n in (7, 23) else "b@example.net")
                    for n in range(30)
                ),
                return_exceptions=True,
            )
        failed = [n for n, answer in enumerate(answers) if isinstance(answer, Exception)]

        assert failed == [8, 24]
        assert (await store.figures(now=mail.now)).messages == 30


async def test_an_expected_failure_does_not_break_the_group_up(url, open_, mail):
    """A lost lease is told before anything is written."""
    async with open_(url) as store:
        for _ in range(6):
            await mail.accept(store)
        old = await mail.lease(store)
        new = await mail.lease(store, at=mail.after(minutes=5), most=3)
        before = store.writer_figures()
        with slow_commits(0.1):
            answers = await asyncio.gather(
                *(store.settle(mail.delivered(each)) for each in (*old, *new)),
                return_exceptions=True,
            )
        after = store.writer_figures()

    assert sum(isinstance(answer, LeaseLostError) for answer in answers) == 3
    assert after.failures == before.failures
    assert after.commits - before.commits <= 2


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


async def test_a_caller_that_left_before_its_turn_did_nothing(sqlite_url, open_, mail):
    """The client hung up while the message waited."""
    async with open_(sqlite_url) as store:
        with slow_commits(0.3):
            first = asyncio.create_task(mail.accept(store))
            await asyncio.sleep(0.1)
            second = asyncio.create_task(mail.accept(store))
            await asyncio.sleep(0.05)
            second.cancel()
            await first
            await mail.accept(store)

        assert (await store.figures(now=mail.now)).messages == 2


async def test_a_caller_that_left_later_disturbs_nobody(sqlite_url, open_, mail):
    """Its message may have been recorded; the others hear of theirs."""
    async with open_(sqlite_url) as store:
        with slow_commits(0.2):
            tasks = [asyncio.create_task(mail.accept(store)) for _ in range(3)]
            await asyncio.sleep(0.1)
            tasks[0].cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [isinstance(answer, str) for answer in answers] == [False, True, True]


# pytest takes the end of a thread for a mistake; here it is what is tested.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_dies_hangs_nobody(sqlite_url, open_, mail):
    """Who waits is told; who comes next starts it anew."""
    async with open_(sqlite_url) as store:
        await mail.accept(store)
        first = writer_thread()
        with slow_commits(0.5):
            waiting = [asyncio.create_task(mail.accept(store)) for _ in range(3)]
            await asyncio.sleep(0.1)
            ended = ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(first.ident), ctypes.py_object(SystemExit)
            )
            waiting += [asyncio.create_task(mail.accept(store)) for _ in range(3)]
            answers = await asyncio.wait_for(
                asyncio.gather(*waiting, return_exceptions=True), PATIENCE
            )
        trouble = store.writer_figures().trouble
        first.join(PATIENCE)
        after = await asyncio.wait_for(mail.accept(store), PATIENCE)
        second = writer_thread()

    assert ended == 1
    assert {type(answer) for answer in answers} == {StoreUnavailableError}
    assert {answer.trouble for answer in answers} == {Trouble.STOPPED}
    assert trouble.trouble is Trouble.STOPPED
    assert isinstance(after, str)
    assert not first.is_alive()
    assert second is not first


async def test_a_closed_store_says_so(sqlite_url, open_, mail):
    """To writers and readers; and a large body leaves nothing behind."""
    async with open_(sqlite_url) as store:
        await mail.accept(store)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await mail.accept(store)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.next_due()


async def test_closing_does_what_was_asked_before(sqlite_url, open_, mail):
    """Nobody who was told nothing loses by it, and nobody hangs."""
    async with open_(sqlite_url) as store:
        with slow_commits(0.1):
            tasks = [asyncio.create_task(mail.accept(store)) for _ in range(5)]
            await asyncio.sleep(0)
            await store.close()
            assert all(isinstance(answer, str) for answer in await asyncio.gather(*tasks))


async def test_too_many_that_wait_are_told_to_come_back(sqlite_url, open_, mail, monkeypatch):
    """Each holds memory."""
    monkeypatch.setattr("whybounce.gateway.store.writer._MOST_WAITING", 5)
    async with open_(sqlite_url) as store:
        with slow_commits(0.2):
            answers = await asyncio.gather(
                *(mail.accept(store) for _ in range(20)), return_exceptions=True
            )
        refused = [answer for answer in answers if isinstance(answer, StoreUnavailableError)]

        assert 10 <= len(refused) < 20
        assert {answer.trouble for answer in refused} == {Trouble.BUSY}
        assert (await store.figures(now=mail.now)).messages == 20 - len(refused)


async def test_a_group_is_bounded_by_its_octets(sqlite_url, open_, mail):
    """Two hundred large bodies do not go into one transaction."""
    content = body_of(bytes(200_000))
    async with open_(sqlite_url) as store:
        with slow_commits(0.05):
            await asyncio.gather(*(store.accept(mail.message(), content) for _ in range(100)))

        assert store.writer_figures().largest_group <= (8 << 20) // 200_000 + 1


async def test_success_is_told_only_after_the_commit(sqlite_url, open_, mail):
    """A reader on another connection sees the message when its caller hears of it."""
    path = sqlite_url.removeprefix("sqlite:///")
    async with open_(sqlite_url) as store:
        for n in range(1, 20):
            await mail.accept(store)
            with sqlite3.connect(path) as other:
                assert other.execute("SELECT count(*) FROM messages").fetchone() == (n,)
            other.close()
