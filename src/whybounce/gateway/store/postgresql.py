"""PostgreSQL, through psycopg 3: many nodes share one queue, and keep nothing themselves."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, text
from sqlalchemy.dialects.postgresql import insert as _insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from whybounce.gateway.store.errors import StoreSetupError, StoreUnavailableError, Trouble
from whybounce.gateway.store.hints import Due

AT_HAND = False
OWNED = False

_NAME = "whybounce"  # By which the server knows connections of a node.

# A server that is gone must be noticed: callers wait for the one thread that writes.
_CONNECTING: dict[str, Any] = {
    "application_name": _NAME,
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
_LOCK_TIMEOUT = "-c lock_timeout=10000"

# PostgreSQL's appendix A, the longest beginning first. What is not listed is our own mistake.
_TROUBLES = (
    ("53100", Trouble.FULL),
    ("25006", Trouble.READ_ONLY),
    ("40001", Trouble.BUSY),
    ("40P01", Trouble.BUSY),
    ("42P01", Trouble.UNREACHABLE),  # Its tables are gone: the database was put back empty.
    ("55P03", Trouble.BUSY),
    ("57014", Trouble.BUSY),
    ("XX001", Trouble.CORRUPT),
    ("XX002", Trouble.CORRUPT),
    ("08", Trouble.UNREACHABLE),
    ("28", Trouble.UNREACHABLE),
    ("3D", Trouble.UNREACHABLE),
    ("53", Trouble.UNREACHABLE),
    ("57", Trouble.UNREACHABLE),
    ("58", Trouble.FAULTY),
)

_ADVICE = {
    "42501": "the role must own the database and its tables: ALTER DATABASE name OWNER TO role",
    "42P07": "its tables are not this gateway's: name an empty database as `queue` in [server]",
    "55P03": "another node works on its tables; start again",
    "25006": "name the server that takes writes as `queue` in [server]",
}
# Of a connection that did not come about there is no code. The first that fits counts.
_NOT_CONNECTED = {
    'FATAL:  database "': "make it (createdb --owner role name), or name another as `queue` in [server]",
    'FATAL:  role "': "name one that exists in `queue` of [server], or make it (createuser)",
    "password": "PGPASSWORD must be its password, in the environment of the gateway",
    "no pg_hba.conf entry": "allow it there",
    "FATAL:": "",
    "": "see that it runs, and that `queue` in [server] names it",
}

# "whybounce" as a number: nodes that start together bring the tables up to date one by one.
_MIGRATION_LOCK = 0x776879626F756E

_CHANNEL = "whybounce_due"
_ALL = tuple(Due)  # Also told by a node of an earlier release, which does not say what.
_TELL = text("SELECT pg_notify(:channel, :told)")
_PARAMSTYLE: Literal["format"] = "format"  # Values in their order: names take longer.
_UNTIL_HEARING_AGAIN = 2.0  # Seconds between connections: a database that restarts takes some.

_CLOCKS_DIFFER = 120.0  # Seconds: a lease lasts five minutes, and must not seem over in the middle.

_OTHERS = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid()
""")
_LOOKS = 20  # At whoever is connected, a tenth of a second apart: some are just leaving.


def insert(table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT."""
    return _insert(table)


def writing(url: URL) -> Engine:
    """Return the engine of the one connection that writes."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        paramstyle=_PARAMSTYLE,
        connect_args={**_CONNECTING, "options": _LOCK_TIMEOUT},
    )


def reading(url: URL) -> Engine:
    """Return the engine of the connections that only read."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        paramstyle=_PARAMSTYLE,
        connect_args={**_CONNECTING, "options": "-c default_transaction_read_only=on"},
    )


def prepare(connection: Connection) -> None:
    """Refuse a server that does not sync, and let nobody else change the tables meanwhile.

    Raises:
        StoreSetupError: The server is set to lose what it confirmed, or its clock is not ours.

    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        if connection.scalar(text(f"SHOW {setting}")) == "off":
            raise StoreSetupError(
                f"this PostgreSQL has {setting} = off and may lose mail it has confirmed;"
                f" set {setting} = on in postgresql.conf"
            )
    _refuse_another_time(connection)


def _refuse_another_time(connection: Connection) -> None:
    """Refuse a clock by which what other nodes have in hand may seem to be over."""
    theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    ahead = (datetime.now(UTC) - theirs).total_seconds()
    if abs(ahead) > _CLOCKS_DIFFER:
        raise StoreSetupError(
            f"this machine's clock is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'}"
            " the database server's, and nodes go by it; set both by NTP, then start"
        )


def hold(connection: Connection) -> None:
    """Make sure that no node is connected, and let none start meanwhile.

    Raises:
        StoreSetupError: One is.

    """
    prepare(connection)
    others = _others(connection)
    for _ in range(_LOOKS):
        if not others:
            return
        connection.execute(text("SELECT pg_sleep(0.1)"))
        others = _others(connection)
    raise StoreSetupError(
        f"the gateway is connected to this database ({others} connections); stop it on every"
        " machine first"
    )


def _others(connection: Connection) -> int:
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))
    return connection.scalar(_OTHERS, {"name": _NAME}) or 0


def tell(connection: Connection, teller: str, due: Collection[Due]) -> None:
    """Let other nodes hear, once the transaction is durable, what may be due."""
    connection.execute(_TELL, {"channel": _CHANNEL, "told": " ".join([teller, *sorted(due)])})


async def hear(url: URL, teller: str, heard: Callable[[Collection[Due]], None]) -> None:
    """Call ``heard`` with what another node than the teller tells; runs until cancelled.

    What was told while no connection stood is not told again: with every connection, it may have been.
    """
    from psycopg import AsyncConnection, Error  # noqa: PLC0415  # not everybody has it

    place = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        with suppress(Error):
            async with await AsyncConnection.connect(
                place, autocommit=True, **_CONNECTING
            ) as connection:
                await connection.execute(f"LISTEN {_CHANNEL}")
                heard(_ALL)
                async for told in connection.notifies():
                    by, *due = told.payload.split(" ")  # Of an empty one, by nobody.
                    if by != teller:
                        heard([each for each in _ALL if each in due] or _ALL)
        await asyncio.sleep(_UNTIL_HEARING_AGAIN)


def unavailable(error: Exception) -> StoreUnavailableError | None:
    """Return what the error means where the database cannot work; None where it is ours."""
    if not isinstance(error, DBAPIError):
        return None
    said = str(error.orig).partition("\n")[0]
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # The driver's own: mostly a connection that broke.
        lost = error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
        return StoreUnavailableError(Trouble.UNREACHABLE, said) if lost else None
    for beginning, trouble in _TROUBLES:
        if state.startswith(beginning):
            return StoreUnavailableError(trouble, said)
    return None


def advice(error: Exception) -> str:
    """Return what can be done about it."""
    cause = getattr(error, "orig", None)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _ADVICE.get(state, "")
    return next(what for sign, what in _NOT_CONNECTED.items() if sign in str(cause))


def own(url: URL) -> Callable[[], None]:
    """Nodes share the database: it is nobody's own."""
    del url
    return lambda: None


def spool(url: URL) -> Path | None:
    """Large bodies go into rows."""
    del url
    return None
