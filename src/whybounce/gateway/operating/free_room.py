"""How much room the disks have, asked so that one that hangs holds up nothing but its own answer.

Rule 1: each folder is asked by one thread at a time. While that waits for its disk (a network's, a
broken one) nobody else is sent after it: the event loop's own threads stay free for mail.
Rule 2: such a thread is a daemon, so that it keeps no process from ending.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path


def _free_in(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class FreeRoom:
    """Asks about some folders."""

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        patience: float,
        ask: Callable[[Path], int] = _free_in,
    ) -> None:
        """``patience`` is how many seconds an answer is waited for; ``ask`` asks one disk."""
        self._folders = folders
        self._patience = patience
        self._ask = ask
        self._asking: dict[Path, asyncio.Future[int | None]] = {}

    async def octets(self) -> dict[str, int]:
        """Return what is free, by folder. What cannot be asked, or not in time, is left out."""
        if not self._folders:
            return {}
        asking = {folder: self._asked(folder) for folder in self._folders}
        await asyncio.wait(asking.values(), timeout=self._patience)
        return {
            str(folder): octets
            for folder, answer in asking.items()
            if answer.done() and (octets := answer.result()) is not None
        }

    def _asked(self, folder: Path) -> "asyncio.Future[int | None]":
        """Return the answer that is to come: of who asks already, if somebody does."""
        answer = self._asking.get(folder)
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = self._asking[folder] = loop.create_future()
            answer.add_done_callback(lambda _: self._asking.pop(folder, None))

            def tell(octets: int | None, answer: "asyncio.Future[int | None]" = answer) -> None:
                if not answer.done():
                    answer.set_result(octets)

            def ask() -> None:
                octets = None
                with suppress(OSError):
                    octets = self._ask(folder)
                with suppress(RuntimeError):  # The loop has ended meanwhile: nobody waits.
                    loop.call_soon_threadsafe(tell, octets)

            try:
                threading.Thread(target=ask, name="free-room", daemon=True).start()
            except RuntimeError:  # The system has no thread to give just now.
                answer.set_result(None)
        return answer
