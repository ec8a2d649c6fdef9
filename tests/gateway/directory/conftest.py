"""Directories on real databases."""

import asyncio
import inspect
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from whybounce.gateway.directory import Directory, Passwords, load, read_directory
from whybounce.gateway.directory.nouns import DirectoryTable
from whybounce.gateway.store import Store, open_store

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

Reads = Callable[[str], DirectoryTable]
Opens = Callable[[DirectoryTable], AbstractAsyncContextManager[Directory]]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that are coroutines, each in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001  # as pytest's own hook does
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Name an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('in_memory')}/queue.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store_at() -> Callable[[str], AbstractAsyncContextManager[Store]]:
    """Open a store, with chance that is the same in every run."""
    chance = random.Random(7)  # noqa: S311  # the same in every run
    return lambda url: open_store(url, random_bits=chance.getrandbits)


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    """Read a directory from the text of its file, as demonstrations are read."""

    def read(text: str) -> DirectoryTable:
        path = tmp_path / "directory.toml"
        path.write_text(text, encoding="utf-8")
        return read_directory(path, plain_passwords=True)

    return read


@pytest.fixture
def asked(in_memory: Path, store_at: Callable[[str], AbstractAsyncContextManager[Store]]) -> Opens:
    """Load a directory into an empty SQLite file, and give what answers questions about it."""

    @asynccontextmanager
    async def opened(table: DirectoryTable) -> AsyncIterator[Directory]:
        passwords = Passwords()
        async with store_at(f"sqlite:///{in_memory}/queue.db") as store:
            await load(store, table, now=NOW)
            yield Directory(store, passwords)
        passwords.close()

    return opened
