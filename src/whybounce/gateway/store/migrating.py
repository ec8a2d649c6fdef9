"""Bringing a queue's tables up to this release, before anything else is done with it."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from whybounce.gateway.store.errors import StoreSetupError

# The newest migration, so that a queue that has it costs no import of Alembic.
HEAD = "0005"
TABLE = "alembic_version"

_MOVED = "moved"  # In place of the migration: this queue is now somewhere else.

_MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(connection: Connection) -> bool:
    """Make the tables what this release expects, in the connection's transaction.

    Returns whether there were none before.

    Raises:
        StoreSetupError: A newer release has written them, or the queue has moved.

    """
    before = revision(connection)
    _refuse_moved(before)
    if before != HEAD:
        _upgrade(connection, before)
    # Whoever may only read hears of it now.
    connection.execute(text(f"UPDATE {TABLE} SET version_num = version_num"))  # noqa: S608  # ours
    return before is None


def revision(connection: Connection) -> str | None:
    """Return the migration the tables are at; None where there are none."""
    if not inspect(connection).has_table(TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {TABLE}"))  # noqa: S608  # ours
    return found


def refuse_others(connection: Connection) -> None:
    """Refuse tables that are not this release's.

    Raises:
        StoreSetupError: There are none, they are another release's, or the queue has moved.

    """
    found = revision(connection)
    _refuse_moved(found)
    if found is None:
        raise StoreSetupError("there is no queue in this database: it has none of its tables")
    if found != HEAD:
        raise StoreSetupError(
            f"the queue's tables are at {found}, this release knows {HEAD};"
            " start the gateway once to bring them up to date"
        )


def mark_as_moved(connection: Connection) -> None:
    """Let nobody open this queue any more."""
    connection.execute(text(f"UPDATE {TABLE} SET version_num = '{_MOVED}'"))  # noqa: S608  # both are ours


def _refuse_moved(found: str | None) -> None:
    if found == _MOVED:
        raise StoreSetupError(
            "this queue was moved to another database by `whybounce queue move`;"
            " name that one as `queue` in [server]"
        )


def _upgrade(connection: Connection, before: str | None) -> None:
    from alembic import command  # noqa: PLC0415  # a fifth of a second, and seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    try:
        command.upgrade(settings, "head")
    except CommandError as error:
        if before is not None and not before.isdigit():
            raise StoreSetupError(
                f"another program keeps its tables in this database (they are at {before!r});"
                " name an empty one in `queue` of [server]"
            ) from error
        raise StoreSetupError(
            f"the queue was written by a newer Whybounce (its tables are at {before}, this release"
            f" knows {HEAD}); run that release, or start with an empty queue"
        ) from error
