"""Reading beside the writer: a few threads, each with a connection of its own, and some for files."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from whybounce.gateway.store.errors import StoreError, StoreUnavailableError, Trouble
from whybounce.gateway.threads import to_its_end

_THREADS = 4

Result = TypeVar("Result")


class Reader:
    """Threads for what would hold the event loop up: reading rows and files, and syncing files."""

    def __init__(
        self, engine: Engine, unavailable: Callable[[Exception], StoreUnavailableError | None]
    ) -> None:
        self._engine = engine
        self._unavailable = unavailable
        self._readers = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-reader")
        # Apart: a question need not wait until a large file has reached a slow disk.
        self._files = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-files")
        self._at_hand: Connection | None = None  # The event loop's own.

    async def read(self, ask: Callable[[Connection], Result]) -> Result:
        """Return what ``ask`` finds in the database, as it was committed.

        Raises:
            StoreUnavailableError: The database cannot be read now.
            StoreError: What ``ask`` says.

        """
        return await _running(self._readers, lambda: self._ask(ask))

    async def run(self, act: Callable[[], Result]) -> Result:
        """Return what ``act`` does with files, having run it in a thread; cancelled, when it has ended."""
        return await to_its_end(_running(self._files, act))

    async def close(self) -> None:
        """Wait for what runs, then end."""
        self._leave_at_hand()
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._files.shutdown)

    def read_at_hand(self, ask: Callable[[Connection], Result]) -> Result:
        """Do what ``read`` does in the event loop's thread, by a connection that stays."""
        try:
            if self._at_hand is None:
                self._at_hand = self._engine.connect()
            return ask(self._at_hand)
        except SQLAlchemyError as error:
            self._leave_at_hand()
            raise self._told(error) from error

    def _leave_at_hand(self) -> None:
        connection, self._at_hand = self._at_hand, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def _ask(self, ask: Callable[[Connection], Result]) -> Result:
        """Ask, a second time where the connections had been lost, which shows only when one is used."""
        try:
            try:
                return self._ask_once(ask)
            except DBAPIError as error:
                if not error.connection_invalidated:  # So are those that wait to be used.
                    raise
            return self._ask_once(ask)
        except SQLAlchemyError as error:
            raise self._told(error) from error

    def _ask_once(self, ask: Callable[[Connection], Result]) -> Result:
        with self._engine.begin() as connection:
            return ask(connection)

    def _told(self, error: SQLAlchemyError) -> StoreError:
        unavailable = self._unavailable(error)
        if unavailable is not None:
            return unavailable
        return StoreError(f"the queue does not answer: {getattr(error, 'orig', error)}")


def _running(threads: ThreadPoolExecutor, act: Callable[[], Result]) -> "asyncio.Future[Result]":
    try:
        return asyncio.get_running_loop().run_in_executor(threads, act)
    except RuntimeError as error:  # The threads have ended.
        raise StoreUnavailableError(Trouble.STOPPED, "it is closed") from error
