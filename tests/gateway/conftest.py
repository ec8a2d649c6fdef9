"""A real PostgreSQL for the tests that need one, and a world to deliver to."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

import whybounce.gateway.directory.tables
import whybounce.gateway.mta_sts  # noqa: F401  # all tables there are, as migrations make them
from world import World, Worlds

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)

# Its files in memory where that is possible: what is tested here is not the disk.
_MEMORY = Path("/dev/shm")  # noqa: S108  # the folder in it gets a name of its own
_IN_MEMORY = _MEMORY if os.access(_MEMORY, os.W_OK) else None


def _program(name: str) -> str:
    """Return where the program is; fail the tests, and never skip them, where it is not."""
    found = shutil.which(name, path=os.pathsep.join([*map(str, _PLACES), os.environ["PATH"]]))
    if found is None:
        pytest.fail(f"{name} is not here; on Debian: apt-get install postgresql")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _somebody_else() -> dict[str, int]:
    """PostgreSQL refuses to run as root: it runs as Debian's user for it, or as nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid}
    pytest.fail("tests run as root need a user postgres or nobody for PostgreSQL")


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """Make a folder in memory: what is tested in it is not the disk."""
    with tempfile.TemporaryDirectory(prefix="whybounce-", dir=_IN_MEMORY) as folder:
        yield Path(folder)


class PostgreSQL:
    """A server that can be stopped and started."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._user = _somebody_else()
        self._port = _free_port()
        self._running: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://test@127.0.0.1:{self._port}"
        if self._user:
            os.chown(folder, self._user["user"], self._user["group"])
        command = (_program("initdb"), "-D", f"{folder}/data", "-U", "test", "-A", "trust")
        subprocess.run(  # noqa: S603  # Debian's own program
            [*command, "-E", "UTF8", "--locale=C"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **self._user,
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = (_program("postgres"), "-D", f"{self._folder}/data", "-p", str(self._port))
        self._running = subprocess.Popen(  # noqa: S603  # Debian's own program
            [*command, "-h", "127.0.0.1", "-k", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            **self._user,
        )
        for _ in range(300):
            if self._running.poll() is not None:
                pytest.fail(f"PostgreSQL ended with {self._running.returncode}")
            try:
                psycopg.connect(f"{self.url}/postgres", connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        pytest.fail("PostgreSQL did not answer within 30 seconds")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop, cutting the connections; SIGQUIT stops without writing anything down first."""
        if self._running is not None:
            self._running.send_signal(how)
            self._running.wait(30)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server on a free port, for all tests."""
    with tempfile.TemporaryDirectory(
        prefix="whybounce-pg-", dir=_IN_MEMORY, ignore_cleanup_errors=True
    ) as folder:
        server = PostgreSQL(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Make an empty database and yield its URL."""
    name = f"queue_{uuid.uuid4().hex}"
    with psycopg.connect(f"{postgresql.url}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgresql.url}/{name}"
    with psycopg.connect(f"{postgresql.url}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
