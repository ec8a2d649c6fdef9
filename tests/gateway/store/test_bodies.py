"""Bodies go in and come out octet by octet, in bounded memory, and leave nothing behind."""

import asyncio
import random
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from whybounce.gateway.store import CorruptBodyError, UnknownMessageError
from whybounce.gateway.store.bodies import ROW_LIMIT
from whybounce.gateway.store.rows import State
from whybounce.gateway.store.spool import Spool

CHANCE = random.Random(3)  # noqa: S311  # the same in every run


async def receive(store, message, content, piece=50_000):
    """Accept the content as it would come off a socket."""
    async with store.receive() as body:
        for start in range(0, len(content), piece):
            await body.write(content[start : start + piece])
        return await store.accept(message, body)


def spooled(url):
    """Return the names of the files beside a SQLite queue."""
    return [path.name for path in folder_of(url).iterdir()]


def folder_of(url):
    """Return the folder beside a SQLite queue."""
    return Path(url.removeprefix("sqlite:///") + ".bodies")


def spoil(url):
    """Change one octet in the middle of the only file."""
    with folder_of(url).joinpath(*spooled(url)).open("r+b") as file:
        file.seek(500_000)
        file.write(b"\x01")


async def collect(pieces, given):
    """Take what is given, as long as it is."""
    async for piece in given:
        pieces.append(piece)


@pytest.mark.parametrize(
    "size", [0, 1, ROW_LIMIT, ROW_LIMIT + 1, 5_000_000], ids="{:,} octets".format
)
async def test_what_goes_in_comes_out(url, open_, mail, size):
    """In the row, at its limit, and beyond."""
    content = CHANCE.randbytes(size)
    async with open_(url) as store:
        id_ = await receive(store, mail.message(), content)
    async with open_(url) as store:
        pieces = [piece async for piece in store.body(id_, node="a", now=mail.now)]

    assert b"".join(pieces) == content
    assert all(0 < len(piece) <= 256 << 10 for piece in pieces)


async def test_a_large_body_goes_away_with_its_last_recipient(url, open_, mail, sql):
    """Its file, or its rows; nothing waits for a chore."""
    async with open_(url) as store:
        await receive(store, mail.message("a@example.net", "b@example.com"), bytes(1_000_000))
        for consignment in await mail.lease(store):
            await store.settle(mail.delivered(consignment))

    assert sql(url, "SELECT * FROM bodies") == sql(url, "SELECT * FROM chunks") == []
    if url.startswith("sqlite"):
        assert spooled(url) == []


async def test_a_body_that_is_not_accepted_leaves_nothing(sqlite_url, open_):
    """The client went away in the middle of a large message."""
    async with open_(sqlite_url) as store:
        body = store.receive()
        await body.write(bytes(1_000_000))
        assert len(spooled(sqlite_url)) == 1
        await body.__aexit__(ConnectionResetError, None, None)

    assert spooled(sqlite_url) == []


async def test_a_body_whose_writing_is_cancelled_leaves_nothing(sqlite_url, open_):
    """The session's time was up while the disk worked."""
    async with open_(sqlite_url) as store:

        async def session() -> None:
            async with store.receive() as body:
                while True:
                    await body.write(bytes(1_000_000))

        task = asyncio.create_task(session())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert spooled(sqlite_url) == []


async def test_a_body_of_a_refused_message_leaves_nothing(sqlite_url, open_, mail):
    """The writer removes what it certainly did not record."""
    async with open_(sqlite_url) as store:
        with pytest.raises(UnicodeError):
            await receive(store, mail.message("b\udcff@example.net"), bytes(1_000_000))

        assert spooled(sqlite_url) == []


async def test_what_a_crash_left_in_the_spool_is_swept_at_the_next_start(sqlite_url, open_, mail):
    """And what belongs to a message stays."""
    async with open_(sqlite_url) as store:
        id_ = await receive(store, mail.message(), bytes(1_000_000))
    (folder_of(sqlite_url) / "0123456789abcdef.eml").write_bytes(b"never acknowledged")
    async with open_(sqlite_url) as store:
        assert len(spooled(sqlite_url)) == 1
        assert await mail.content(store, id_) == bytes(1_000_000)


async def test_memory_for_all_sessions_together_is_bounded(sqlite_url, open_, mail):
    """A thousand small bodies at once: beyond the limit they wait in files, and are all there."""
    async with open_(sqlite_url, memory=100_000) as store:
        bodies = [store.receive() for _ in range(10)]
        for body in bodies:
            await body.write(b"x" * 20_000)

        assert len(spooled(sqlite_url)) == 5

        ids = []
        for body in bodies:
            async with body:
                ids.append(await store.accept(mail.message(), body))
        assert [len(await mail.content(store, id_)) for id_ in ids] == [20_000] * 10

        async with store.receive() as again:
            await again.write(b"y" * 20_000)
            assert len(spooled(sqlite_url)) == 5, "the memory was given back"


async def test_a_damaged_file_is_found_before_its_end_is_given(sqlite_url, open_, mail):
    """Whoever sends it on never comes to the final dot, and the message is set aside."""
    async with open_(sqlite_url) as store:
        id_ = await receive(store, mail.message(), bytes(1_000_000))
        other = await mail.accept(store, arrived=mail.after(seconds=1))
        spoil(sqlite_url)
        given: list[bytes] = []
        with pytest.raises(CorruptBodyError, match="checksum"):
            await collect(given, store.body(id_, node="a", now=mail.now))
        life = await store.life(id_)
        leased = await mail.lease(store, at=mail.after(seconds=1))

    assert 0 < sum(map(len, given)) < 1_000_000
    assert life.entry.recipients[0].state is State.QUARANTINED
    assert [(event.kind, event.actor) for event in life.events] == [("quarantined", "a")]
    assert [each.message.id for each in leased] == [other]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE bodies SET data = substr(data, 1, 5)", "5 octets of 32"),
        ("UPDATE bodies SET checksum = 1", "checksum"),
        ("UPDATE bodies SET data = NULL", "0 octets of 32"),
    ],
)
async def test_a_damaged_row_is_found(url, open_, mail, sql, damage, said):
    """Short, changed, or empty."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        sql(url, damage)
        with pytest.raises(CorruptBodyError, match=said):
            await mail.content(store, id_)

        assert (await store.figures(now=mail.now)).recipients[State.QUARANTINED] == 1


async def test_a_file_that_is_gone_is_damage(sqlite_url, open_, mail):
    """Somebody tidied up."""
    async with open_(sqlite_url) as store:
        id_ = await receive(store, mail.message(), bytes(1_000_000))
        folder_of(sqlite_url).joinpath(*spooled(sqlite_url)).unlink()
        with pytest.raises(CorruptBodyError, match="gone"):
            await mail.content(store, id_)


async def test_a_message_that_is_not_there_has_no_body(url, open_, mail):
    """An id that was never given, and what is no id at all."""
    async with open_(url) as store:
        for id_ in ("0000000000001", "nonsense", "'; DROP TABLE"):
            with pytest.raises(UnknownMessageError):
                await mail.content(store, id_)


async def test_a_reader_that_is_cut_off_while_a_file_is_opened_leaves_it_closed(
    sqlite_url, open_, mail, monkeypatch
):
    """The thread opens it all the same."""
    opened, begun, may_go_on = [], threading.Event(), threading.Event()
    open_file = Spool.open

    def slowly(spool: Spool, name: str) -> BinaryIO:
        begun.set()
        assert may_go_on.wait(60)
        opened.append(open_file(spool, name))
        return opened[-1]

    async with open_(sqlite_url) as store:
        id_ = await receive(store, mail.message(), bytes(1_000_000))
        monkeypatch.setattr(Spool, "open", slowly)
        reading = asyncio.create_task(collect([], store.body(id_, node="a", now=mail.now)))
        assert await asyncio.to_thread(begun.wait, 60)
        reading.cancel()
        await asyncio.sleep(0)
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert [file.closed for file in opened] == [True]
