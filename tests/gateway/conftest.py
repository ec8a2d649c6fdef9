"""A real PostgreSQL for the tests that need one, started once and thrown away."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import whybounce.gateway.directory.tables  # noqa: F401  # all tables there are, as migrations make them

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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Start a server on a free port and yield its URL, without a database's name."""
    initdb, postgres = _program("initdb"), _program("postgres")
    user = _somebody_else()
    port = _free_port()
    with tempfile.TemporaryDirectory(
        prefix="whybounce-pg-", dir=_IN_MEMORY, ignore_cleanup_errors=True
    ) as folder:
        if user:
            os.chown(folder, user["user"], user["group"])
        data = f"{folder}/data"
        subprocess.run(  # noqa: S603  # Debian's own program
            [initdb, "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )
        server = subprocess.Popen(  # noqa: S603  # Debian's own program
            [postgres, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )
        try:
            yield _once_it_answers(f"postgresql://test@127.0.0.1:{port}", server)
        finally:
            server.send_signal(signal.SIGINT)  # Fast: connections still open are cut.
            server.wait(30)


def _once_it_answers(url: str, server: subprocess.Popen[bytes]) -> str:
    """Return the URL when the server takes connections."""
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail(f"PostgreSQL ended with {server.returncode} before it answered")
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return url
    pytest.fail("PostgreSQL did not answer within 30 seconds")


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Make an empty database and yield its URL."""
    name = f"queue_{uuid.uuid4().hex}"
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgresql_server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
