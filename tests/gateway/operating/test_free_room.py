"""Disks are asked for their room; one that hangs holds up nothing but its own answer."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from whybounce.gateway.operating.free_room import FreeRoom

HANGING, WELL = Path("/hanging"), Path("/well")


class Disks:
    """One that answers, and one that does not until it is let."""

    def __init__(self) -> None:
        self.asked: list[Path] = []
        self.were_daemons: list[bool] = []
        self.is_back = threading.Event()

    def ask(self, folder: Path) -> int:
        """Answer, or wait for the disk as the kernel does."""
        self.asked.append(folder)
        self.were_daemons.append(threading.current_thread().daemon)
        if folder == HANGING:
            assert self.is_back.wait(120)
            return 7
        return 1_000


@pytest.fixture
def disks():
    """Return disks; whatever waits for them ends with the test."""
    found = Disks()
    yield found
    found.is_back.set()


async def test_a_disk_that_hangs_is_asked_once_and_left_out(disks):
    """However often is asked: no thread follows the first. Once it answers it is known again."""
    room = FreeRoom([HANGING, WELL], patience=0.05, ask=disks.ask)
    found = [await room.octets() for _ in range(3)]
    asked = disks.asked.count(HANGING)
    disks.is_back.set()
    async with asyncio.timeout(60):
        while len(back := await room.octets()) < 2:
            pass

    assert (asked, any(str(HANGING) in each for each in found)) == (1, False)
    assert back == {str(HANGING): 7, str(WELL): 1_000}
    assert all(disks.were_daemons)


async def test_the_threads_of_others_stay_free_while_a_disk_hangs(disks):
    """Those of the event loop: with them names are looked up and mailboxes are written."""
    room = FreeRoom([HANGING], patience=0.01, ask=disks.ask)
    for _ in range((os.cpu_count() or 1) + 5):
        assert await room.octets() == {}
    async with asyncio.timeout(60):
        answered = await asyncio.to_thread(lambda: "soon")

    assert (answered, disks.asked) == ("soon", [HANGING])


async def test_a_real_folder_has_room_and_one_that_is_not_there_is_left_out(tmp_path):
    """What cannot be asked is found by writing to it."""
    room = FreeRoom([tmp_path, tmp_path / "gone"], patience=60)
    found = await room.octets()

    assert found.keys() == {str(tmp_path)}
    assert found[str(tmp_path)] > 0
    assert await FreeRoom([], patience=60).octets() == {}
