"""SQLite, through the standard library: the embedded default, one file, one process.

WAL with ``synchronous=FULL``: each commit is synced before it returns. NORMAL would lose
acknowledged mail when the power goes.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert as _insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from whybounce.gateway import folders
from whybounce.gateway.store.bulk import MOST_TOGETHER
from whybounce.gateway.store.errors import (
    StoreInUseError,
    StoreSetupError,
    StoreUnavailableError,
    Trouble,
)
from whybounce.gateway.store.hints import Due

AT_HAND = True
OWNED = True

_PRAGMAS = (
    "page_size = 8192",  # A 20 KB body takes a third less time than with 4096. Before any table.
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "journal_size_limit = 67108864",
    "cache_size = -65536",  # 64 MB.
    "cell_size_check = ON",  # Damage is found where it is, not where it leads to.
    "trusted_schema = OFF",
)

# That stay prepared: what takes a message in, for each number of rows that one INSERT may have.
_STATEMENTS = 8 * MOST_TOGETHER

_OLDEST = (3, 37)  # STRICT tables.

# https://www.sqlite.org/rescode.html, primary codes. What is not listed is our own mistake.
_TROUBLES = {
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_PERM: Trouble.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Trouble.CORRUPT,
    sqlite3.SQLITE_NOTADB: Trouble.CORRUPT,
    sqlite3.SQLITE_IOERR: Trouble.FAULTY,
    sqlite3.SQLITE_NOMEM: Trouble.FAULTY,
    sqlite3.SQLITE_PROTOCOL: Trouble.FAULTY,
    sqlite3.SQLITE_CANTOPEN: Trouble.UNREACHABLE,
    sqlite3.SQLITE_BUSY: Trouble.UNREACHABLE,
    sqlite3.SQLITE_LOCKED: Trouble.UNREACHABLE,
}


def insert(table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT."""
    return _insert(table)


def tell(connection: Connection, teller: str, due: Collection[Due]) -> None:
    """Nobody else has the file."""
    del connection, teller, due


async def hear(url: URL, teller: str, heard: Callable[[Collection[Due]], None]) -> None:
    """Nobody else has the file."""
    del url, teller, heard


def writing(url: URL) -> Engine:
    """Return the engine of the one connection that writes."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"cached_statements": _STATEMENTS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_to_write)
    return engine


def reading(url: URL) -> Engine:
    """Return the engine of the connections that only read."""
    # mode=rw: a file that is not there is an error and not an empty queue.
    there = url.set(database=f"file:{_path(url)}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(there, isolation_level="AUTOCOMMIT")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "connect", _forbid_writing)
    return engine


def prepare(connection: Connection) -> None:
    """Nothing is left to make sure of: the pragmas sync, and the lock holds others off."""
    del connection


def hold(connection: Connection) -> None:
    """Nobody else is there: this process owns the file."""
    del connection


def unavailable(error: Exception) -> StoreUnavailableError | None:
    """Return what the error means where the database cannot work; None where it is ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    # sqlite3's own complaints, such as text that is no UTF-8, carry no code.
    code = getattr(cause, "sqlite_errorcode", None)
    trouble = _TROUBLES.get(code & 0xFF) if code is not None else None
    return None if trouble is None else StoreUnavailableError(trouble, str(cause))


def advice(error: Exception) -> str:
    """Return what can be done about it."""
    trouble = unavailable(error)
    if trouble is not None and trouble.trouble is Trouble.CORRUPT:
        return "put a backup of it back, or name another folder as `queue` in [server]"
    return ""


def own(url: URL) -> Callable[[], None]:
    """Make the file, readable for its owner only, and hold a lock beside it."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreSetupError(
            f"SQLite {sqlite3.sqlite_version} is too old for a queue, which needs 3.37 or newer"
        )
    path = _path(url)
    try:
        folders.make(path.parent, 0o700)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreSetupError(
            f"cannot make the queue {path}: {error.strerror}: {error.filename}"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()}".encode(), 0)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except BlockingIOError:
        owner = os.pread(lock, 64, 0).decode(errors="replace") or "another process"
        os.close(lock)
        raise StoreInUseError(str(path), owner) from None
    except OSError as error:
        os.close(lock)
        raise StoreSetupError(f"cannot open the queue {path}: {error.strerror}") from error
    return lambda: os.close(lock)


def spool(url: URL) -> Path | None:
    """Return the folder beside the file."""
    path = _path(url)
    return path.with_name(f"{path.name}.bodies")


def _path(url: URL) -> Path:
    """Return where the file really is: two names of one file must meet at one lock."""
    if not url.database or url.database == ":memory:":
        raise StoreSetupError("a queue needs a file: sqlite:////var/lib/whybounce/queue.db")
    return Path(os.path.realpath(url.database))


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # Transactions begin where we say, not where sqlite3 does.
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _forbid_writing(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON").close()


def _begin_to_write(connection: Connection) -> None:
    # Immediately: a transaction that begins by reading could not write once another has written.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
