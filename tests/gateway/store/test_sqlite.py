"""SQLite: one owner, synced commits, and a disk that is full, read-only or damaged."""

import asyncio
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from whybounce.gateway.store import (
    Filter,
    StoreInUseError,
    StoreSetupError,
    StoreUnavailableError,
    Trouble,
    body_of,
    recording,
)
from whybounce.gateway.store.rows import Event, State
from whybounce.gateway.store.writer import Transaction

OPEN_IT = """
import sys
from whybounce.gateway.store import StoreError
from whybounce.gateway.store.opening import open_queue
try:
    open_queue(sys.argv[1])
except StoreError as error:
    sys.exit(str(error))
"""

# Fills a disk, has room made, and goes on; prints what its callers were told.
FILL_IT = """
import asyncio, resource, secrets, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from whybounce.gateway.store import StoreUnavailableError, body_of, open_store
from whybounce.gateway.store.rows import Envelope, NewMessage, Recipient

how, folder = sys.argv[1:]
now = datetime(2026, 11, 21, tzinfo=UTC)
message = NewMessage(
    Envelope("anna@example.org", (Recipient("ben@example.net"),)), now, now + timedelta(days=5)
)

def room(granted):
    if how == "limit":
        soft = resource.RLIM_INFINITY if granted else 600_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
    elif granted:
        Path(folder, "ballast").unlink()
    else:
        Path(folder, "ballast").write_bytes(bytes(8_000_000))

async def large(store):
    async with store.receive() as body:
        for _ in range(30):
            await body.write(bytes(100_000))
        return await store.accept(message, body)

async def main():
    async with open_store(f"sqlite:///{folder}/queue.db", random_bits=secrets.randbits) as store:
        accepted = [await store.accept(message, body_of(bytes(10_000)))]
        leased = await store.lease(1, node="a", now=now, until=now + timedelta(minutes=5))
        room(False)
        troubles = []
        for _ in range(1000):
            try:
                accepted.append(await store.accept(message, body_of(bytes(10_000))))
            except StoreUnavailableError as error:
                troubles.append(error.trouble.value)
                if len(troubles) == 3:
                    break
        try:
            await large(store)
        except StoreUnavailableError as error:
            troubles.append(error.trouble.value)
        assert await store.next_due() is not None, "reading goes on"
        left = [path.name for path in Path(folder, "queue.db.bodies").iterdir()]
        room(True)
        accepted.append(await store.accept(message, body_of(bytes(10_000))))
        accepted.append(await large(store))
        there = (await store.figures(now=now)).messages
        print(len(accepted) > 3, there - len(accepted), left, *troubles, flush=True)

asyncio.run(main())
"""


def run(program: str, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Run a program of ours; return its exit code and what it wrote."""
    done = subprocess.run(  # noqa: S603  # the programs above
        [*before, sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def path_of(url: str) -> Path:
    """Return the queue's file."""
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture
def pragma(monkeypatch):
    """Let a test set or ask something on the connection that writes, by way of ``record``."""
    answers: list[object] = []

    def ask(transaction: Transaction, happened: list[Event]) -> list[None]:
        for each in happened:
            result = transaction.connection.execute(text(f"PRAGMA {each.kind}"))
            answers.append(result.scalar() if result.returns_rows else None)
        return [None] * len(happened)

    async def pragma(store, statement: str) -> object:
        with monkeypatch.context() as patch:
            patch.setattr(recording, "record", ask)
            await store.record(Event(None, statement, ""))
        return answers.pop()

    return pragma


async def test_a_second_owner_is_refused_in_one_sentence(sqlite_url, open_, tmp_path):
    """By any name of the file, from this process and from another, with the owner's number."""
    other_name = f"sqlite:///{tmp_path}/link.db"
    path_of(other_name).symlink_to(path_of(sqlite_url))
    async with open_(sqlite_url):
        for url in (sqlite_url, other_name):
            with pytest.raises(StoreInUseError, match=f"process {os.getpid()}.*PostgreSQL"):
                await open_(url).__aenter__()
        code, _, said = await asyncio.to_thread(run, OPEN_IT, sqlite_url)

    assert code == 1
    assert f"process {os.getpid()}" in said
    assert said.count("\n") == 1
    assert await asyncio.to_thread(run, OPEN_IT, sqlite_url) == (0, "", "")


async def test_every_commit_is_synced(sqlite_url, open_, pragma):
    """WAL and synchronous=FULL, on the connection that writes."""
    async with open_(sqlite_url) as store:
        assert await pragma(store, "synchronous") == 2
        assert await pragma(store, "journal_mode") == "wal"
        assert await pragma(store, "foreign_keys") == 1


async def test_nobody_else_may_read_the_queue(sqlite_url, open_, mail):
    """It holds other people's mail."""
    old = os.umask(0)
    try:
        async with open_(sqlite_url) as store:
            await mail.accept(store)
            async with store.receive() as body:
                await body.write(bytes(1_000_000))
                await store.accept(mail.message(), body)
            folder = path_of(sqlite_url).parent
            modes = {
                path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.rglob("*")
            }
    finally:
        os.umask(old)

    assert len(modes) >= 5
    assert set(modes.values()) == {0}, modes


async def test_full_is_said_and_over_when_there_is_room(sqlite_url, open_, mail, pragma):
    """What fits is still recorded: outcomes take less than messages."""
    async with open_(sqlite_url) as store:
        await mail.accept(store)
        (one,) = await mail.lease(store)
        pages = await pragma(store, "page_count")
        await pragma(store, f"max_page_count = {pages}")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError) as caught:
                await store.accept(mail.message(), body_of(bytes(100_000)))
            assert caught.value.trouble is Trouble.FULL
        assert store.writer_figures().trouble.trouble is Trouble.FULL
        await store.settle(mail.delivered(one))
        assert store.writer_figures().trouble is None

        await pragma(store, f"max_page_count = {pages * 100}")
        await store.accept(mail.message(), body_of(bytes(100_000)))


async def test_of_a_group_that_does_not_fit_goes_in_what_fits(sqlite_url, open_, mail, pragma):
    """Nineteen small messages do not suffer for a large one."""
    async with open_(sqlite_url) as store:
        await mail.accept(store)
        pages = await pragma(store, "page_count")
        await pragma(store, f"max_page_count = {pages + 10}")
        answers = await asyncio.gather(
            *(mail.accept(store) for _ in range(10)),
            store.accept(mail.message(), body_of(bytes(200_000))),
            *(mail.accept(store) for _ in range(10)),
            return_exceptions=True,
        )

    assert [n for n, answer in enumerate(answers) if not isinstance(answer, str)] == [10]
    assert answers[10].trouble is Trouble.FULL


def test_a_file_system_that_refuses_loses_nothing_and_hangs_nothing(tmp_path):
    """A limit on the size of files: the disk answers with errors until it is raised."""
    code, printed, said = run(FILL_IT, "limit", str(tmp_path))

    assert code == 0, said
    assert printed == "True 0 [] faulty faulty faulty full\n"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
def test_a_real_full_disk_loses_nothing_and_hangs_nothing(tmp_path):
    """A file system of 16 MB, filled by others, and then not."""
    mounted = ("unshare", "--mount", "--map-root-user", "sh", "-c")
    script = 'mount -t tmpfs -o size=16m none "$0" && : >"$0/ballast" && exec "$@"'
    if subprocess.run([*mounted, "mount -t tmpfs none /mnt"], capture_output=True).returncode:  # noqa: S603, PLW1510
        pytest.skip("this machine lets nobody mount a file system of their own")
    code, printed, said = run(
        FILL_IT, "disk", str(tmp_path), before=(*mounted, script, str(tmp_path))
    )

    assert code == 0, said
    assert printed == "True 0 [] full full full full\n"


async def test_a_database_that_turns_read_only_is_said_and_opened_anew(
    sqlite_url, open_, mail, pragma
):
    """The next caller finds it as it was."""
    async with open_(sqlite_url) as store:
        await pragma(store, "query_only = ON")
        with pytest.raises(StoreUnavailableError) as caught:
            await mail.accept(store)
        assert caught.value.trouble is Trouble.READ_ONLY
        await mail.accept(store)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/proc/queue.db", "cannot make the queue /proc/queue.db"),
        ("/etc/passwd/queue.db", "File exists: .?/etc/passwd"),
        (":memory:", "a queue needs a file"),
        ("", "a queue needs a file"),
        ("/", "cannot"),
    ],
)
async def test_a_place_that_cannot_hold_a_queue_is_said(open_, place, said):
    """Before anything listens."""
    with pytest.raises(StoreSetupError, match=said):
        await open_(f"sqlite:///{place}").__aenter__()


async def test_a_file_that_is_no_database_is_said_and_left_alone(sqlite_url, open_):
    """Somebody mistook the path."""
    path_of(sqlite_url).write_bytes(b"My diary. " * 500)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        await open_(sqlite_url).__aenter__()

    assert path_of(sqlite_url).read_bytes() == b"My diary. " * 500


async def test_a_damaged_page_takes_its_own_recipients_and_few_others(sqlite_url, open_, mail, sql):
    """The rest is handed out and settled; what cannot be is not tried for ever, and is told."""
    async with open_(sqlite_url) as store:
        for n in range(300):
            await mail.accept(store, f"ben.number.{n}@example.net")
    lost = _spoil_a_page(path_of(sqlite_url), b"ben.number.150@example.net")
    async with open_(sqlite_url) as store:
        leased = []
        while batch := await mail.lease(store, most=50):
            leased += batch
        settled = await asyncio.gather(
            *(store.settle(mail.delivered(each)) for each in leased), return_exceptions=True
        )
        unsettled = [answer for answer in settled if isinstance(answer, Exception)]
        again = await mail.lease(store, at=mail.after(hours=1))
        new = await mail.accept(store)
        (next_,) = await mail.lease(store)
        listed = await store.queue(Filter(), most=1000)
        damage = store.writer_figures().damage
        held = (await store.figures(now=mail.now)).recipients

    ((unreadable,),) = sql(sqlite_url, "SELECT count(*) FROM events WHERE kind = 'unreadable'")
    addresses = {each.recipients[0].address for each in leased}
    assert 1 < len(lost) < 100
    assert not addresses & lost
    # A neighbouring page that fills up or runs empty would share its rows with the damaged one.
    assert len(addresses) + held[State.QUARANTINED] + unreadable == 300
    assert len(lost) <= unreadable < len(lost) + 5
    assert held[State.QUARANTINED] < 60
    assert len(unsettled) < 60
    assert all(error.trouble is Trouble.CORRUPT for error in unsettled)
    assert again == ()
    assert next_.message.id == new
    assert len(lost) <= len(listed.damaged) < len(lost) + 5
    assert damage.trouble is Trouble.CORRUPT


def _spoil_a_page(path: Path, needle: bytes) -> set[str]:
    """Overwrite the page of ``recipients`` that holds the needle; return who is on it."""
    size = 8192
    content = path.read_bytes()
    for start in range(0, len(content), size):
        page = content[start : start + size]
        if needle in page and page[0] == 0x0A and b"rfc822;" in page:  # A leaf of an index b-tree.
            path.write_bytes(content[:start] + bytes(size) + content[start + size :])
            found = re.findall(rb"[^;](ben\.number\.\d+@example\.net)example", page)
            return {address.decode() for address in found}
    raise AssertionError("no such page")
