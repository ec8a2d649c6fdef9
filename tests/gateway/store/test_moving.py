"""A queue moves from each database to each other one: whole, or not at all."""

import os
import random

import pytest

from whybounce.gateway.directory import demonstration, loading
from whybounce.gateway.store import (
    Claim,
    Deed,
    Filter,
    Instruction,
    NewBlock,
    StoreInUseError,
    StoreSetupError,
    StoreUnavailableError,
    moving,
)
from whybounce.gateway.store.migrating import HEAD
from whybounce.gateway.store.opening import open_for_reading
from whybounce.gateway.store.rows import Event, State

LARGE = b"".join(b"%09d\n" % n for n in range(70_000))  # 700 KB: three chunks, or a file.
ROUTES = [("sqlite", "postgresql"), ("postgresql", "sqlite")]


@pytest.fixture
def urls(request, in_memory, postgresql_url):
    """Name two empty queues, one on each database."""
    kinds = {"sqlite": f"sqlite:///{in_memory}/moved/queue.db", "postgresql": postgresql_url}
    source, target = request.param
    return kinds[source], kinds[target]


either_way = pytest.mark.parametrize("urls", ROUTES, ids="-to-".join, indirect=True)
from_sqlite = pytest.mark.parametrize("urls", ROUTES[:1], ids="-to-".join, indirect=True)
from_postgresql = pytest.mark.parametrize("urls", ROUTES[1:], ids="-to-".join, indirect=True)


def chance():
    """Return chance that is the same in every run."""
    return random.Random(11).getrandbits  # noqa: S311  # the same in every run


def move(urls, mail, **later: float) -> moving.Moved:
    """Move the queue."""
    return moving.move(*urls, now=mail.after(**later), random_bits=chance())


async def accept_large(store, mail, octets=LARGE):
    """Accept a message whose body does not go into a row."""
    async with store.receive() as body:
        await body.write(octets)
        return await store.accept(mail.message("dora@example.net"), body)


async def fill(store, mail):
    """Put something of everything into a queue; return the ids of a small and of a large message."""
    small = await mail.accept(store, "ben@example.net", "carla@example.net", subject="Größe \udcff")
    large = await accept_large(store, mail)
    held = await mail.accept(store, "emil@example.net")
    await store.operate(Instruction(Deed.HOLD, held, by="root", now=mail.now))
    failing = await mail.accept(store, "nobody@example.org")
    for each in await mail.lease(store):
        if each.message.id == failing:
            await store.settle(mail.failed(each))
        else:
            await store.settle(mail.deferred(each, mail.after(minutes=15)))
    await store.record(Event(mail.now, "refused", "node", "550 no", address="bin@example.net"))
    await store.count({"sender:anna@example.org": 3}, now=mail.now)
    await store.block(NewBlock("client", "192.0.2.9", "banned-sender", "spam", "root", mail.now))
    await store.take(Claim("chores", "a", mail.now, mail.after(minutes=1)))
    await loading.load(store, demonstration(), now=mail.now)
    return small, large


@either_way
async def test_everything_moves(urls, open_, mail, sql):
    """Row by row as it was stored; what is in it can be delivered, and what was said is known."""
    source, target = urls
    async with open_(source) as store:
        small, large = await fill(store, mail)
    tables = [
        "bodies",
        "attempts",
        "blocks",
        "counters",
        "events",
        "messages",
        "outcomes",
        "recipients",
        "tokens",
        "directory_domains",
        "directory_entries",
        "directory_addresses",
        "directory_accounts",
    ]
    order = {"bodies": "id, size, checksum, users"}
    asked = [f"SELECT {order.get(each, '*')} FROM {each} ORDER BY 1, 2" for each in tables]  # noqa: S608  # ours
    before = [sql(source, each) for each in asked]
    moved = move(urls, mail)

    assert [sql(target, each) for each in asked] == before
    assert all(before)
    assert {each: moved.rows[each] for each in tables} == {
        each: len(rows) for each, rows in zip(tables, before, strict=True)
    }
    assert moved.damaged == ()
    assert moved.octets > len(LARGE)
    async with open_(target) as store:
        assert await mail.content(store, small) == mail.small
        assert await mail.content(store, large) == LARGE
        leased = await mail.lease(store, at=mail.after(minutes=20))
        assert len(leased) == 3  # The report among them.
        for each in leased:
            await store.settle(mail.delivered(each))
        assert (await store.figures(now=mail.now)).messages == 1  # The one that is held.


@either_way
async def test_nobody_opens_the_old_queue_again(urls, open_, mail):
    """Served once more, it would deliver everything twice."""
    async with open_(urls[0]) as store:
        await mail.accept(store)
    move(urls, mail)
    for opening in (open_(urls[0]).__aenter__, lambda: _read(urls[0])):
        with pytest.raises(StoreSetupError, match="was moved to another database"):
            await opening()
    with pytest.raises(StoreSetupError, match="was moved to another database"):
        move(urls, mail)


async def _read(url) -> None:
    with open_for_reading(url):
        pass


@from_sqlite
async def test_what_a_process_held_that_has_ended_is_tried_at_once(urls, open_, mail):
    """SQLite has one owner, and it is this process now."""
    async with open_(urls[0]) as store:
        await mail.accept(store)
        await mail.lease(store, node="killed")
    move(urls, mail, seconds=1)
    async with open_(urls[1]) as store:
        (leased,) = await mail.lease(store, node="b", at=mail.after(seconds=1))

    assert leased.recipients[0].tries == 0


@from_postgresql
async def test_while_a_node_holds_recipients_nothing_moves(urls, open_, mail):
    """It may be delivering, though it is not connected; when its lease has ended, everything does."""
    async with open_(urls[0]) as store:
        await mail.accept(store)
        await mail.lease(store, node="mail1")
    with pytest.raises(StoreSetupError, match=r"node mail1 holds 1 recipients until 12:05:00 UTC"):
        move(urls, mail)

    assert move(urls, mail, minutes=6).rows["recipients"] == 1


@from_postgresql
async def test_while_a_node_is_connected_nothing_moves(urls, open_, mail, monkeypatch):
    """It would go on taking mail into a queue that nobody reads."""
    monkeypatch.setattr("whybounce.gateway.store.postgresql._LOOKS", 1)
    async with open_(urls[0]) as store:
        await mail.accept(store)
        with pytest.raises(StoreSetupError, match="stop it on every machine first"):
            move(urls, mail)

    assert move(urls, mail).rows["messages"] == 1


@from_sqlite
async def test_while_a_gateway_runs_on_the_file_nothing_moves(urls, open_, mail):
    async with open_(urls[0]):
        with pytest.raises(StoreInUseError, match="which is running"):
            move(urls, mail)


@either_way
async def test_into_a_queue_with_anything_in_it_nothing_moves(urls, open_, mail, sql):
    """Nor does anything change there."""
    for url in urls:
        async with open_(url) as store:
            await mail.accept(store)
    with pytest.raises(StoreSetupError, match="is not empty: its table bodies has rows"):
        move(urls, mail)

    assert [sql(url, "SELECT count(*) FROM messages") for url in urls] == [[(1,)], [(1,)]]
    async with open_(urls[0]) as store:
        await mail.accept(store)


@either_way
async def test_tables_of_another_release_do_not_move(urls, open_, mail, sql):
    async with open_(urls[0]) as store:
        await mail.accept(store)
    sql(urls[0], "UPDATE alembic_version SET version_num = '0002'")
    with pytest.raises(StoreSetupError, match=r"at 0002, .* start the gateway once"):
        move(urls, mail)
    sql(urls[0], f"UPDATE alembic_version SET version_num = '{HEAD}'")  # noqa: S608  # our own constant
    async with open_(urls[1]):
        pass
    sql(urls[1], "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreSetupError, match=r"newer Whybounce .*9999"):
        move(urls, mail)


def test_where_there_is_no_queue_none_is_made(in_memory, postgresql_url, mail):
    """A mistyped name is told, and leaves nothing behind."""
    nowhere = f"sqlite:///{in_memory}/nowhere.db"
    with pytest.raises(StoreUnavailableError, match="unable to open"):
        move((nowhere, postgresql_url), mail)
    with pytest.raises(StoreSetupError, match="there is no queue in this database"):
        move((postgresql_url, nowhere), mail)
    with pytest.raises(StoreSetupError, match="does not move into itself"):
        move((nowhere, nowhere), mail)

    assert list(in_memory.iterdir()) == []


@either_way
@pytest.mark.parametrize("table", ["chunks", "messages", "outcomes"])
async def test_a_move_that_breaks_off_leaves_both_as_they_were(
    urls, open_, mail, sql, monkeypatch, table
):
    """No row, no file; and it can be begun again."""
    async with open_(urls[0]) as store:
        await fill(store, mail)
    carry, files = moving.Carrying.carry, []

    def breaks(self, of) -> None:
        if of.name == table:
            files.extend(self.files)
            raise KeyboardInterrupt
        carry(self, of)

    monkeypatch.setattr(moving.Carrying, "carry", breaks)
    with pytest.raises(KeyboardInterrupt):
        move(urls, mail)
    monkeypatch.undo()

    assert sql(urls[1], "SELECT count(*) FROM bodies") == [(0,)]
    if urls[1].startswith("sqlite"):
        assert os.listdir(f"{urls[1].removeprefix('sqlite:///')}.bodies") == []  # noqa: PTH208  # it is at hand
        assert len(files) == 1
    assert move(urls, mail).rows["messages"] == 5


@either_way
async def test_rows_that_do_not_come_over_stop_it(urls, open_, mail, sql, monkeypatch):
    """Counted in both before either commits."""
    async with open_(urls[0]) as store:
        await fill(store, mail)
    carry = moving.Carrying.carry

    def forgets(self, of) -> None:
        if of.name != "events":
            carry(self, of)

    monkeypatch.setattr(moving.Carrying, "carry", forgets)
    with pytest.raises(Exception, match=r"of \d+ rows in events 0 came over; nothing was moved"):
        move(urls, mail)

    assert sql(urls[1], "SELECT count(*) FROM messages") == [(0,)]


@either_way
async def test_damaged_bodies_move_as_they_are_and_are_named(urls, open_, mail, sql):
    """They are found damaged over there, too, and set aside; the rest is delivered."""
    async with open_(urls[0]) as store:
        small = await mail.accept(store)
        large = await accept_large(store, mail)
        whole = await accept_large(store, mail, LARGE[::-1])
    if urls[0].startswith("sqlite"):
        ((name,),) = sql(
            urls[0], "SELECT file FROM bodies WHERE file IS NOT NULL ORDER BY id LIMIT 1"
        )
        os.unlink(f"{urls[0].removeprefix('sqlite:///')}.bodies/{name}")  # noqa: PTH108  # likewise
    else:
        sql(
            urls[0], "DELETE FROM chunks WHERE body = (SELECT min(body) FROM chunks) AND number > 0"
        )
    sql(urls[0], "UPDATE bodies SET checksum = checksum + 1 WHERE data IS NOT NULL")
    moved = move(urls, mail)
    async with open_(urls[1]) as store:
        contents = {}
        for each in await mail.lease(store):
            try:
                contents[each.message.id] = await mail.content(store, each.message.id)
            except Exception as error:  # noqa: BLE001  # the test looks at it
                contents[each.message.id] = str(error)
        aside = await store.queue(Filter(state=State.QUARANTINED), most=9)

    assert set(moved.damaged) == {small, large}
    assert contents.pop(whole) == LARGE[::-1]
    assert all("is damaged" in said for said in contents.values())
    assert {each.message.id for each in aside.entries} == {small, large}
