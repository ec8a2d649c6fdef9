"""Opening a queue: which database, whose it is, its tables, and what a crash left behind."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from whybounce.gateway.store import migrating, postgresql, sqlite
from whybounce.gateway.store.bodies import unnamed
from whybounce.gateway.store.dialect import Dialect
from whybounce.gateway.store.errors import StoreSetupError, StoreUnavailableError
from whybounce.gateway.store.spool import Spool, unavailable

_DIALECTS: dict[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


@dataclass(frozen=True, slots=True)
class Opened:
    """A queue that is ready, and how to let it go."""

    dialect: Dialect
    url: URL
    writing: Engine
    reading: Engine
    spool: Spool
    release: Callable[[], None]


def open_queue(written: str) -> Opened:
    """Make the queue this process's, up to date and clean.

    Raises:
        StoreSetupError: The URL or the place is wrong, or a newer release wrote it.
        StoreInUseError: Another process owns it.
        StoreUnavailableError: The database does not work.

    """
    url, dialect = _understood(written)
    with ExitStack() as undone:
        undone.callback(dialect.own(url))
        spool = _spool(dialect, url)
        undone.callback(spool.close)
        with explained(dialect):
            writing = dialect.writing(url)
        undone.callback(writing.dispose)
        with explained(dialect), writing.begin() as connection:
            dialect.prepare(connection)
            # In one transaction: what refuses to start leaves no tables behind.
            fresh = migrating.bring_up_to_date(connection)
            _sweep(connection, spool, fresh=fresh)
        reading = dialect.reading(url)
        undone.callback(reading.dispose)
        return Opened(dialect, url, writing, reading, spool, undone.pop_all().close)


def open_existing(written: str) -> Opened:
    """Make a queue this process's that is there already, in this release's tables.

    Raises:
        StoreSetupError: The URL is wrong, there are no tables, or this release does not know them.
        StoreInUseError: Another process owns it.
        StoreUnavailableError: There is no such queue, or it does not work.

    """
    with open_for_reading(written):
        pass
    return open_queue(written)


@contextmanager
def open_for_reading(written: str) -> Iterator[Connection]:
    """Give a connection that only reads, whoever owns the queue.

    Raises:
        StoreSetupError: The URL is wrong, or this release does not know the tables.
        StoreUnavailableError: There is no such queue, or it does not work.

    """
    url, dialect = _understood(written)
    with explained(dialect):
        engine = dialect.reading(url)
    try:
        with explained(dialect), engine.begin() as connection:
            migrating.refuse_others(connection)
            yield connection
    finally:
        engine.dispose()


def _understood(written: str) -> tuple[URL, Dialect]:
    wanted = "sqlite:////var/lib/whybounce/queue.db or postgresql://user@host/name"
    try:
        url = make_url(written)
        return url, _DIALECTS[url.drivername]
    except (ArgumentError, KeyError, ValueError):
        # The URL may hold a password: only its beginning is said.
        kind = written.partition(":")[0]
        what = f"{kind!r} is no queue"
        if kind in _DIALECTS:
            what = f"what follows {kind}:// cannot be read"
        raise StoreSetupError(f"{what}; write {wanted}") from None


@contextmanager
def explained(dialect: Dialect, doing: str = "opened") -> Iterator[None]:
    """Say what a database's complaint means for the queue.

    Raises:
        StoreUnavailableError: The database does not work.
        StoreSetupError: It does, and yet not this.

    """
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).partition("\n")[0]
        if advice := dialect.advice(error):
            said = f"{said}; {advice}"
        unavailable = dialect.unavailable(error)
        if unavailable is not None:
            raise StoreUnavailableError(unavailable.trouble, said) from error
        raise StoreSetupError(f"the queue cannot be {doing}: {said}") from error
    except ModuleNotFoundError as error:
        raise StoreSetupError(
            f"a PostgreSQL queue needs {error.name}: pip install 'whybounce[postgres]'"
        ) from error


def _spool(dialect: Dialect, url: URL) -> Spool:
    try:
        return Spool(dialect.spool(url))
    except OSError as error:
        raise unavailable(error) from error


def _sweep(connection: Connection, spool: Spool, *, fresh: bool) -> None:
    """Remove files that no row names: their messages were never acknowledged.

    Files beside a database that has only now been made are another's; they are not touched.
    """
    names = list(spool.names())
    if fresh and names:
        raise StoreSetupError(
            f"{spool.folder} holds {len(names)} bodies, but the queue beside it is new and empty;"
            " put the old queue back, or move the folder away"
        )
    for name in unnamed(connection, names):
        spool.remove(name)
