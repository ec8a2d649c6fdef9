"""How many deliveries go into one mailbox at one time: the rest wait a little, then later again.

One mailbox that is slow, or that a program floods, must not take the turns of all others. Places are
taken in one order, so that two deliveries never wait for each other.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class Crowding:
    """Who delivers into which mailbox now."""

    def __init__(self, *, most: int, wait: float) -> None:
        """Let so many deliveries at once into each, and others wait so many seconds."""
        self.most = most
        self._wait = wait
        self._inside: Counter[str] = Counter()
        self._left: dict[str, asyncio.Event] = {}  # Set by who leaves, for those that wait.

    def allow(self, *, most: int, wait: float) -> None:
        """Let so many deliver from now on, and others wait so long."""
        self.most, self._wait = most, wait

    @asynccontextmanager
    async def places(self, mailboxes: Collection[str]) -> AsyncIterator[frozenset[str]]:
        """Take a place in each mailbox; yield those that have one."""
        deadline = asyncio.get_running_loop().time() + self._wait
        taken: list[str] = []
        try:
            for mailbox in sorted(set(mailboxes)):
                if await self._enter(mailbox, deadline):
                    taken.append(mailbox)  # noqa: PERF401  # those taken before a cancellation count
            yield frozenset(taken)
        finally:
            for mailbox in taken:
                self._leave(mailbox)

    async def _enter(self, mailbox: str, deadline: float) -> bool:
        while self._inside[mailbox] >= self.most:
            left = self._left.setdefault(mailbox, asyncio.Event())
            try:
                async with asyncio.timeout_at(deadline):
                    await left.wait()
            except TimeoutError:
                return False
        self._inside[mailbox] += 1
        return True

    def _leave(self, mailbox: str) -> None:
        self._inside[mailbox] -= 1
        if not self._inside[mailbox]:
            del self._inside[mailbox]
        if mailbox in self._left:
            self._left.pop(mailbox).set()
