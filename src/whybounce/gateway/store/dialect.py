"""What a database must offer the store. One module for each: ``sqlite``, ``postgresql``."""

from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.engine import URL

from whybounce.gateway.store.errors import StoreUnavailableError
from whybounce.gateway.store.hints import Due


class Dialect(Protocol):
    """The few things in which databases differ."""

    AT_HAND: bool  # Whether reading some rows takes microseconds: no server has to be spoken to.
    OWNED: bool  # Whether one process has the database for itself.

    def insert(self, table: Table) -> Any:
        """Return an INSERT that knows ON CONFLICT."""

    def writing(self, url: URL) -> Engine:
        """Return the engine of the one connection that writes."""

    def reading(self, url: URL) -> Engine:
        """Return the engine of the connections that only read, each statement by itself."""

    def prepare(self, connection: Connection) -> None:
        """Make sure that the database keeps what it confirms, and hold off who else starts.

        Raises:
            StoreSetupError: It does not.

        """

    def hold(self, connection: Connection) -> None:
        """Keep everybody else from using the queue, until the transaction ends.

        Raises:
            StoreSetupError: Somebody uses it.

        """

    def tell(self, connection: Connection, teller: str, due: Collection[Due]) -> None:
        """Let other processes hear, once the transaction is durable, what may be due."""

    def hear(
        self, url: URL, teller: str, heard: Callable[[Collection[Due]], None]
    ) -> Coroutine[Any, Any, None]:
        """Call ``heard`` with what another process than the teller tells; runs until cancelled."""

    def unavailable(self, error: Exception) -> StoreUnavailableError | None:
        """Return what the error means where the database cannot work; None where it is ours."""

    def advice(self, error: Exception) -> str:
        """Return what whoever starts the gateway can do about it; nothing where that is not known."""

    def own(self, url: URL) -> Callable[[], None]:
        """Make sure that this process may own the database; return how to let it go.

        Raises:
            StoreInUseError: Another process owns it.
            StoreSetupError: It cannot be owned at all.

        """

    def spool(self, url: URL) -> Path | None:
        """Return the folder that keeps large bodies; None where they go into rows."""
