"""Debian's PostgreSQL, started for a while on a free port and in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ports import free_port

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@contextmanager
def postgresql_running(folder: str) -> Iterator["PostgreSQL"]:
    """Start one in an empty folder, and stop it at the end."""
    server = PostgreSQL(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class CannotStartError(Exception):
    """There is no PostgreSQL to be had here. Tests fail then; none is skipped."""


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([*map(str, _PLACES), os.environ["PATH"]]))
    if found is None:
        raise CannotStartError(f"{name} is not here; on Debian: apt-get install postgresql")
    return found


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
    raise CannotStartError("run as root, PostgreSQL needs a user postgres or nobody")


class PostgreSQL:
    """A server that can be stopped and started."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._user = _somebody_else()
        self._port = free_port()
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

    @property
    def pid(self) -> int:
        """The number of the process that all its others come from."""
        if self._running is None:
            raise RuntimeError("it was not started")
        return self._running.pid

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
        for _ in range(600):
            if self._running.poll() is not None:
                raise CannotStartError(f"PostgreSQL ended with {self._running.returncode}")
            try:
                psycopg.connect(f"{self.url}/postgres", connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise CannotStartError("PostgreSQL did not answer within a minute")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop, cutting the connections; SIGQUIT stops without writing anything down first."""
        if self._running is not None:
            self._running.send_signal(how)
            self._running.wait(60)

    def make(self) -> str:
        """Make an empty database; return its URL."""
        name = f"queue_{uuid.uuid4().hex}"
        self._do(f"CREATE DATABASE {name}")
        return f"{self.url}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._do(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(statement)
