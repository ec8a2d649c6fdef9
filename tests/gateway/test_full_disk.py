"""A disk that fills up under the whole gateway: clients are told to come back, and nothing is lost."""

import asyncio
import errno
import random
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

from proving import BEN, Place, place, send

MOUNTED = ("unshare", "--mount", "--map-root-user", "sh", "-c")
SCRIPT = 'mount -t tmpfs -o size=24m none "$0" && exec "$@"'


def fill(there: Place, how: str) -> None:
    """Leave no room: by a limit on the size of files, or by somebody else's file."""
    if how == "limit":
        most = resource.RLIM_INFINITY
        resource.prlimit(there.served.pid, resource.RLIMIT_FSIZE, (600_000, most))
        return
    with (there.folder / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass


def make_room(there: Place, how: str) -> None:
    """End the limit, or remove the file."""
    if how == "limit":
        most = resource.RLIM_INFINITY
        resource.prlimit(there.served.pid, resource.RLIMIT_FSIZE, (most, most))
    else:
        (there.folder / "ballast").unlink()


@pytest.mark.parametrize("how", ["limit", "disk"])
async def test_a_full_disk_is_told_4xx_and_over_when_there_is_room(tmp_path, how):
    """Neither 5xx nor silence; what was taken before, meanwhile and after arrives once."""
    disk = tmp_path / "disk"
    disk.mkdir()
    before = ()
    if how == "disk":
        if shutil.which("unshare") is None or _may_not_mount():
            pytest.skip("this machine lets nobody mount a file system of their own")
        before = (*MOUNTED, SCRIPT, str(disk))
    chance = random.Random(0)  # noqa: S311  # nothing depends on it
    async with place(tmp_path, chance, disk=disk, before=before) as there:
        await there.served.start()
        if how == "disk":  # Only the gateway sees the disk under its own name.
            there.folder = Path(f"/proc/{there.served.pid}/root{disk}")
            there.url = f"sqlite:///{there.folder}/data/queue.db"
        port = there.served.ports["submission"]
        replies = [await asyncio.to_thread(send, port, BEN)]
        fill(there, how)
        for _ in range(60):
            replies.append(await asyncio.to_thread(send, port, BEN, octets=30_000))
            if replies[-1][0] != 250 and len(replies) > 3:
                break
        refused = [reply for reply in replies if reply[0] != 250]
        make_room(there, how)
        after = await asyncio.to_thread(send, port, BEN, octets=30_000)
        await there.settled()
        there.read_mailbox(BEN)
        code = await there.served.stop()

    assert refused
    assert {reply[0] // 100 for reply in refused} == {4}, refused
    assert after[0] == 250
    assert code == 0
    taken = len(replies) - len(refused) + 1
    assert sorted(there.ledger.delivered.values()) == [1] * taken


REFUSING = Path(__file__).parents[1] / "support" / "refusing.c"


@pytest.fixture(scope="module")
def refusing(tmp_path_factory) -> Path:
    """Build what makes a file system refuse."""
    library = tmp_path_factory.mktemp("refusing") / "refusing.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(REFUSING), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own source
    return library


@pytest.mark.parametrize(
    "error", [errno.EDQUOT, errno.EROFS, errno.EIO], ids=["quota", "read-only", "faulty"]
)
async def test_a_disk_that_refuses_is_told_4xx_and_over_when_it_takes_again(
    tmp_path, refusing, error
):
    """Small messages and large; what was taken before, and after, arrives once."""
    disk, flag = tmp_path / "disk", tmp_path / "refusing"
    disk.mkdir()
    before = ("env", f"LD_PRELOAD={refusing}", f"REFUSED={disk}/data", f"REFUSING={flag}")
    chance = random.Random(0)  # noqa: S311  # nothing depends on it
    async with place(tmp_path, chance, disk=disk, before=before) as there:
        await there.served.start()
        port = there.served.ports["submission"]
        taken = [await asyncio.to_thread(send, port, BEN)]
        flag.write_text(str(int(error)))
        refused = [await asyncio.to_thread(send, port, BEN, octets=n) for n in (10, 400_000)]
        flag.unlink()
        taken += [await asyncio.to_thread(send, port, BEN, octets=n) for n in (10, 400_000)]
        await there.settled()
        there.read_mailbox(BEN)
        code = await there.served.stop()

    assert {reply[0] // 100 for reply in refused} == {4}, refused
    assert [reply[0] for reply in taken] == [250] * 3
    assert code == 0
    assert sorted(there.ledger.delivered.values()) == [1] * 3


def _may_not_mount() -> bool:
    command = [*MOUNTED, "mount -t tmpfs none /mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode != 0  # noqa: S603  # as above
