"""Reading beside the writer: a few threads, each with a connection of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from whybounce.gateway.store.errors import StoreError, StoreUnavailableError, Trouble

_THREADS = 4

Result = TypeVar("Result")


class Reader:
    """Threads for what would hold the event loop up: reading rows and files, and syncing files."""

    def __init__(
        self, engine: Engine, unavailable: Callable[[Exception], StoreUnavailableError | None]
    ) -> None:
        self._engine = engine
        self._unavailable = unavailable
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-reader")

    async def read(self, ask: Callable[[Connection], Result]) -> Result:
        """Return what ``ask`` finds in the database, as it was committed.

        Raises:
            StoreUnavailableError: The database cannot be read now.
            StoreError: What ``ask`` says.

        """
        return await self.run(lambda: self._ask(ask))

    async def run(self, act: Callable[[], Result]) -> Result:
        """Return what ``act`` returns, having run it in a thread."""
        try:
            running = asyncio.get_running_loop().run_in_executor(self._threads, act)
        except RuntimeError as error:  # The threads have ended.
            raise StoreUnavailableError(Trouble.STOPPED, "it is closed") from error
        return await running

    async def close(self) -> None:
        """Wait for what runs, then end."""
        await asyncio.to_thread(self._threads.shutdown)

    def _ask(self, ask: Callable[[Connection], Result]) -> Result:
        try:
            with self._engine.begin() as connection:
                return ask(connection)
        except SQLAlchemyError as error:
            unavailable = self._unavailable(error)
            if unavailable is None:
                raise StoreError(
                    f"the queue does not answer: {getattr(error, 'orig', error)}"
                ) from error
            raise unavailable from error
