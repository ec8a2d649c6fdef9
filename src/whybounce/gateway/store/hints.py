"""Wake-ups for whoever delivers: a hint that something may be due earlier than was thought.

A hint carries nothing and may come for nothing; who missed one finds out at the next due time.
"""

import asyncio
from enum import StrEnum


class Due(StrEnum):
    """What may be due."""

    MAIL = "mail"
    CALLS = "calls"  # To webhooks.


class Hints:
    """Counts hints, and lets a task wait for the next."""

    def __init__(self) -> None:
        self.given = 0
        self._next: asyncio.Event = asyncio.Event()

    def give(self) -> None:
        """Wake whoever waits."""
        self.given += 1
        self._next.set()
        self._next = asyncio.Event()

    async def after(self, seen: int) -> int:
        """Wait until more hints have been given than were seen; return how many there have been."""
        if self.given <= seen:
            await self._next.wait()
        return self.given
