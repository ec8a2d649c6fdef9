"""How much mailboxes hold, before mail for them is taken: counted beside the loop, and kept for a moment.

Rule 1: one count of a mailbox goes on at a time; whoever asks meanwhile gets its answer.
Rule 2: it is bounded: few mailboxes are counted at once, each one's answer is kept, the longer the longer
it took, and nobody waits for ever.
Rule 3: what cannot be counted is not known. Mail is taken then, and delivery counts anew.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from whybounce.gateway.addresses import MailAddress
from whybounce.gateway.delivery.maildir import octets_in
from whybounce.gateway.resolving import folder_of

_HOLDS = 5.0  # Seconds that an answer is kept.
_SHARE = 10  # Times as long as counting took, where that is longer.
_PATIENCE = 10.0  # Seconds that an answer is waited for.
_MOST_AT_ONCE = 2  # Mailboxes that are counted; other work needs threads too.
_MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class _Counted:
    octets: int | None
    until: float


class Occupancy:
    """Shared by all connections."""

    def __init__(
        self,
        mailboxes: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience: float = _PATIENCE,
    ) -> None:
        self._mailboxes = mailboxes  # The folder with the Maildirs.
        self._clock = clock
        self._patience = patience
        self._kept: dict[str, _Counted] = {}
        self._counting: dict[str, asyncio.Task[int | None]] = {}
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)

    async def octets(self, mailbox: MailAddress) -> int | None:
        """Return how much the mailbox holds; None where that cannot be told, or not soon."""
        key = mailbox.key
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.octets
        counting = self._counting.get(key)
        if counting is None:
            counting = self._counting[key] = asyncio.create_task(self._count(key))
        # Whoever hangs up while others wait does not end it for them.
        done, _ = await asyncio.wait({counting}, timeout=self._patience)
        return counting.result() if done else None

    async def _count(self, key: str) -> int | None:
        try:
            async with self._turns:
                folder, began = self._mailboxes / folder_of(key), self._clock()
                try:
                    octets = await asyncio.to_thread(octets_in, folder)
                except OSError:
                    octets = None
            now = self._clock()
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = _Counted(octets, now + max(_HOLDS, _SHARE * (now - began)))
            return octets
        finally:
            del self._counting[key]
