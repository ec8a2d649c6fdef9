"""Bringing a queue's tables up to this release, before anything else is done with it."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from whybounce.gateway.store.errors import StoreSetupError

# The newest migration, so that a queue that has it costs no import of Alembic.
HEAD = "0004"

_MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(connection: Connection) -> bool:
    """Make the tables what this release expects, in the connection's transaction.

    Returns whether there were none before.

    Raises:
        StoreSetupError: A newer release has written them.

    """
    before = revision(connection)
    if before != HEAD:
        _upgrade(connection, before)
    return before is None


def revision(connection: Connection) -> str | None:
    """Return the migration the tables are at; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


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
        raise StoreSetupError(
            f"the queue was written by a newer Whybounce (its tables are at {before}, this release"
            f" knows {HEAD}); run that release, or start with an empty queue"
        ) from error
