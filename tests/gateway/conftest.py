"""A real PostgreSQL for the tests that need one, and a world to deliver to."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import whybounce.gateway.directory.tables
import whybounce.gateway.mta_sts
import whybounce.gateway.removals
import whybounce.gateway.tokens  # noqa: F401  # all tables there are, as migrations make them
from postgresql import PostgreSQL, postgresql_running
from stores import mail, open_, sql, sqlite_url, url  # noqa: F401  # fixtures
from world import World, Worlds

# Its files in memory where that is possible: what is tested here is not the disk.
_MEMORY = Path("/dev/shm")  # noqa: S108  # the folder in it gets a name of its own
_IN_MEMORY = _MEMORY if os.access(_MEMORY, os.W_OK) else None


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """Make a folder in memory: what is tested in it is not the disk."""
    with tempfile.TemporaryDirectory(prefix="whybounce-", dir=_IN_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server on a free port, for all tests."""
    with (
        tempfile.TemporaryDirectory(
            prefix="whybounce-pg-", dir=_IN_MEMORY, ignore_cleanup_errors=True
        ) as folder,
        postgresql_running(folder) as server,
    ):
        yield server


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Make an empty database and yield its URL."""
    made = postgresql.make()
    yield made
    postgresql.drop(made)


@pytest.fixture
def world() -> Worlds:
    """Make worlds."""

    @asynccontextmanager
    async def making(**settings: object) -> AsyncIterator[World]:
        made = World(**settings)
        try:
            yield made
        finally:
            await made.close()
            await asyncio.sleep(0)

    return making
