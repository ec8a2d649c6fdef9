"""How much mailboxes hold, counted no more often than needed."""

import asyncio
import threading
from pathlib import Path

import pytest

from whybounce.gateway import occupancy
from whybounce.gateway.addresses import MailAddress
from whybounce.gateway.occupancy import Occupancy
from whybounce.gateway.resolving import folder_of

BEN = MailAddress("ben@contoso.example")
WAIT = 60  # Seconds; nothing here takes one.


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Counting:
    """What counts instead: notes what it was asked, and goes on when it is let."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.asked: list[Path] = []
        self.go_on = threading.Event()
        if at_once:
            self.go_on.set()

    def __call__(self, folder: Path) -> int:
        """Count."""
        self.asked.append(folder)
        assert self.go_on.wait(WAIT)
        return 7


@pytest.fixture
def counting(monkeypatch) -> Counting:
    """Count at once."""
    counting = Counting()
    monkeypatch.setattr(occupancy, "octets_in", counting)
    return counting


@pytest.fixture
def held_up(monkeypatch) -> Counting:
    """Count when let."""
    counting = Counting(at_once=False)
    monkeypatch.setattr(occupancy, "octets_in", counting)
    yield counting
    counting.go_on.set()


async def test_read_mail_and_new_count_and_what_is_being_written_does_not(tmp_path: Path):
    for name, octets in (("new", 5), ("cur", 11), ("tmp", 100)):
        folder = tmp_path / folder_of(BEN) / name
        folder.mkdir(parents=True)
        (folder / "1.host").write_bytes(b"x" * octets)

    assert await Occupancy(tmp_path).octets(BEN) == 16


async def test_a_mailbox_that_nothing_was_delivered_to_is_empty(tmp_path: Path):
    """And is not made by being asked about."""
    assert await Occupancy(tmp_path).octets(BEN) == 0
    assert not (tmp_path / folder_of(BEN)).exists()


async def test_what_cannot_be_read_is_not_known(tmp_path: Path):
    """It is a file."""
    (tmp_path / folder_of(BEN)).write_text("not a folder")

    assert await Occupancy(tmp_path).octets(BEN) is None


async def test_an_answer_holds_for_a_few_seconds(tmp_path: Path, counting: Counting):
    time = Time()
    shared = Occupancy(tmp_path, clock=time)
    for now, count in ((1000, 1), (1004.9, 1), (1005, 2), (1009.9, 2), (1010, 3)):
        time.now = now
        assert await shared.octets(BEN) == 7
        assert len(counting.asked) == count


async def test_what_takes_long_to_count_holds_longer(tmp_path: Path, monkeypatch):
    """So counting takes a tenth of a thread's time at most."""
    time = Time()
    asked = []

    def slow(folder: Path) -> int:
        asked.append(folder)
        time.now += 3
        return 7

    monkeypatch.setattr(occupancy, "octets_in", slow)
    shared = Occupancy(tmp_path, clock=time)
    await shared.octets(BEN)
    time.now += 29
    await shared.octets(BEN)
    assert len(asked) == 1
    time.now += 1
    await shared.octets(BEN)
    assert len(asked) == 2


async def test_who_asks_while_it_is_counted_gets_that_answer(tmp_path: Path, held_up: Counting):
    """Also where the first of them hangs up meanwhile."""
    shared = Occupancy(tmp_path)
    first, *others = (asyncio.create_task(shared.octets(BEN)) for _ in range(50))
    async with asyncio.timeout(WAIT):
        while not held_up.asked:  # noqa: ASYNC110  # a thread tells of it
            await asyncio.sleep(0.001)
        first.cancel()
        held_up.go_on.set()
        assert await asyncio.gather(*others) == [7] * 49

    assert first.cancelled()
    assert held_up.asked == [tmp_path / folder_of(BEN)]


async def test_few_are_counted_at_once(tmp_path: Path, held_up: Counting):
    """The others have their turn."""
    shared = Occupancy(tmp_path)
    people = [MailAddress(f"p{number}@contoso.example") for number in range(9)]
    asking = [asyncio.create_task(shared.octets(each)) for each in people]
    async with asyncio.timeout(WAIT):
        while len(held_up.asked) < 2:  # noqa: ASYNC110  # threads tell of it
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        assert len(held_up.asked) == 2
        held_up.go_on.set()
        assert await asyncio.gather(*asking) == [7] * 9

    assert len(held_up.asked) == 9


async def test_nobody_waits_for_a_disk_that_hangs(tmp_path: Path, held_up: Counting):
    """What came too late for one is there for the next."""
    shared = Occupancy(tmp_path, patience=0.001)

    assert await shared.octets(BEN) is None
    assert await shared.octets(BEN) is None
    held_up.go_on.set()
    async with asyncio.timeout(WAIT):
        while await shared.octets(BEN) is None:  # noqa: ASYNC110  # what is tested
            await asyncio.sleep(0.001)
    assert len(held_up.asked) == 1


async def test_what_is_kept_is_bounded(tmp_path: Path, counting: Counting, monkeypatch):
    monkeypatch.setattr(occupancy, "_MOST_KEPT", 2)
    shared = Occupancy(tmp_path)
    people = [MailAddress(f"p{number}@contoso.example") for number in range(3)]
    for each in (*people, people[2], people[0]):
        await shared.octets(each)

    assert len(counting.asked) == 4
