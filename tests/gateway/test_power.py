"""Power cuts: what was not synced is gone, and nothing acknowledged with it."""

import os
import secrets
import subprocess
import sys
from random import Random

from power import power
from proving import killed_after, place, under_load

WRITER = """
import os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
def write(name, synced):
    with (folder / name).open("wb") as file:
        file.write(b"here")
        file.flush()
        synced and os.fsync(file.fileno())
write("synced", True)
write("not synced", False)
(folder / "below").mkdir()
at = os.open(folder, os.O_RDONLY)
os.fsync(at)
write("its name is not synced", True)
write("below/its folder is not synced", True)
"""


def test_a_power_cut_takes_what_was_not_synced(tmp_path):
    """The library is held to what a disk may do before anything is proved with it."""
    disk = power(tmp_path)
    subprocess.run(  # noqa: S603  # the program above
        [sys.executable, "-c", WRITER, disk.live],
        env={**os.environ, **disk.environment},
        check=True,
    )
    disk.cut()
    left = {path.name: path.is_file() and path.read_bytes() for path in disk.live.rglob("*")}

    assert left == {"synced": b"here", "not synced": b"", "below": False}


async def test_what_was_acknowledged_survives_power_cuts(tmp_path):
    """And each 250 came after a sync of the queue's log that began after the message's end."""
    seed = int(os.environ.get("WHYBOUNCE_SEED") or secrets.randbits(32))
    print(f"WHYBOUNCE_SEED={seed}")  # noqa: T201  # pytest shows it where this fails
    disk, chance = power(tmp_path), Random(seed)  # noqa: S311  # to be had again
    async with place(tmp_path, chance, disk=disk.live) as there:
        async with under_load(there):
            for _ in range(3):
                seconds = 0.3 + chance.random()
                await killed_after(there, seconds, environment=disk.environment, then=disk.cut)
        await there.served.start(disk.environment)
        await there.settled()
        await there.served.stop()
        disk.cut()
        count = there.count(4)
    print(count)  # noqa: T201  # likewise

    assert count.broken == []
    assert count.acknowledged > 0
    assert disk.too_early() == []
    assert disk.log.read_text().count("said250") >= count.acknowledged / 5
