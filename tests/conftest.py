"""What several tests need: coroutines that run, and Outlook files, built here so that none is kept."""

import asyncio
import inspect
import struct
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from signed_zone import SignedZone, signed_zone_running

# No test is about how fast the machine is on which it runs.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# A tree of storages: a name leads to a stream's bytes or to what stands below.
Tree = Mapping[str, "bytes | Tree"]

_SECTOR, _SMALL_SECTOR, _CUTOFF = 512, 64, 4096
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that are coroutines, each in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001  # as pytest's own hook does
    asyncio.run(
        _with_children(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    )
    return True


async def _with_children(test: Awaitable[None]) -> None:
    """Let children be waited for by file descriptors, as later versions of Python do by themselves.

    A thread that waited for one was lost once, and its child waited for without end.
    """
    if sys.platform != "linux" or sys.version_info >= (3, 12):
        await test
        return
    watcher = asyncio.PidfdChildWatcher()
    watcher.attach_loop(asyncio.get_running_loop())
    asyncio.set_child_watcher(watcher)
    try:
        await test
    finally:
        asyncio.set_child_watcher(None)


@pytest.fixture
def compound_file() -> Callable[[Tree], bytes]:
    """Return a writer of compound files, MS-CFB."""
    return _written


@pytest.fixture
def outlook_file(compound_file: Callable[[Tree], bytes]) -> Callable[..., bytes]:
    """Return a writer of Outlook files from their properties, MS-OXMSG."""

    def written(
        strings: Mapping[int, str],
        recipients: tuple[Mapping[int, str], ...] = (),
        attachments: tuple[Tree, ...] = (),
        more: Tree | None = None,
    ) -> bytes:
        tree: dict[str, bytes | Tree] = {"__properties_version1.0": b"\0" * 32, **strings_(strings)}
        for number, recipient in enumerate(recipients):
            tree[f"__recip_version1.0_#{number:08X}"] = strings_(recipient)
        for number, attachment in enumerate(attachments):
            tree[f"__attach_version1.0_#{number:08X}"] = attachment
        return compound_file({**tree, **(more or {})})

    return written


def strings_(strings: Mapping[int, str]) -> Tree:
    """Return the streams of Unicode strings."""
    return {f"__substg1.0_{tag:04X}001F": text.encode("utf-16-le") for tag, text in strings.items()}


@pytest.fixture
def strings() -> Callable[[Mapping[int, str]], Tree]:
    """Return the writer of Unicode strings, for what is attached."""
    return strings_


@pytest.fixture(scope="session")
def signed_zone() -> Iterator[SignedZone]:
    """Run a DNS with real signatures, and a resolver that validates them, for all tests."""
    with signed_zone_running() as zone:
        yield zone


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return Path(__file__).parent.parent


def _written(tree: Tree) -> bytes:
    """Return header, sectors of streams, directory, small streams and the tables, in that order."""
    sectors: list[bytes] = []
    table: list[int] = []
    small = bytearray()
    small_table: list[int] = []
    entries: list[list[object]] = []

    def chain(data: bytes) -> int:
        first = len(sectors)
        count = max(1, -(-len(data) // _SECTOR))
        for place in range(count):
            sectors.append(data[place * _SECTOR :][:_SECTOR].ljust(_SECTOR, b"\0"))
            table.append(first + place + 1 if place + 1 < count else _END)
        return first

    def small_chain(data: bytes) -> int:
        first = len(small_table)
        count = -(-len(data) // _SMALL_SECTOR)
        small_table.extend(
            first + place + 1 if place + 1 < count else _END for place in range(count)
        )
        small.extend(data.ljust(count * _SMALL_SECTOR, b"\0"))
        return first

    def add(name: str, node: "bytes | Tree", kind: int) -> int:
        entry: list[object] = [name, kind, _FREE, _FREE, _END, 0]  # right, child, start, size
        entries.append(entry)
        number = len(entries) - 1
        if isinstance(node, bytes):
            if node:
                entry[4] = chain(node) if len(node) >= _CUTOFF else small_chain(node)
            entry[5] = len(node)
            return number
        before = None
        for below, child in node.items():
            at = add(below, child, 2 if isinstance(child, bytes) else 1)
            if before is None:
                entry[3] = at
            else:
                entries[before][2] = at
            before = at
        return number

    add("Root Entry", tree, 5)
    entries[0][4], entries[0][5] = chain(bytes(small)), len(small)
    small_tables = chain(struct.pack(f"<{len(small_table)}I", *small_table))
    directory = chain(b"".join(map(_entry, entries)))
    small_count = max(1, -(-4 * len(small_table) // _SECTOR))
    count = -(-4 * (len(table) + 4) // _SECTOR)
    first_table = len(sectors)
    table += [_TABLE] * count
    packed = struct.pack(f"<{len(table)}I", *table).ljust(count * _SECTOR, b"\xff")
    header = struct.pack(
        "<8s16xHHHHH6xIII4xIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, count, directory,
        _CUTOFF, small_tables, small_count, _END, 0,
    )  # fmt: skip
    tables = [first_table + place for place in range(count)] + [_FREE] * (109 - count)
    return header + struct.pack("<109I", *tables) + b"".join(sectors) + packed


def _entry(entry: list[object]) -> bytes:
    name, kind, right, child, start, size = entry
    written = str(name).encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ", written, len(written), kind, 1, _FREE, right, child, 0, start, size
    )
