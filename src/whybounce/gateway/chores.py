"""Periodic work, done by one node at a time: whoever holds the token.

A chore that fails is logged and tried again when its time comes; it keeps no other from its turn.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from whybounce.gateway.config import Retention as Kept
from whybounce.gateway.store import Claim, Retention, Store, StoreError

_log = logging.getLogger(__name__)

_TOKEN = "chores"  # noqa: S105  # a token of the store, no secret
_HELD = timedelta(minutes=2)  # How long after its holder's end another node takes over.
_BATCH = 500  # Rows of a kind in one transaction.
_ABANDONED = timedelta(days=1)  # A body that nobody has written to since belongs to nobody.


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done again and again."""

    name: str
    every: timedelta
    do: Callable[[datetime], Awaitable[None]]


class Chores:
    """Does them, while this node holds the token."""

    def __init__(
        self,
        store: Store,
        chores: Sequence[Chore],
        *,
        node: str,
        clock: Callable[[], datetime],
        look: float = 30,
    ) -> None:
        """``look`` is how many seconds pass between two looks at what is due."""
        self._store = store
        self._chores = tuple(chores)
        self._node = node
        self._clock = clock
        self._look = look
        self._due: dict[str, datetime] = {}

    async def run(self) -> None:
        """Do what is due until cancelled; then let the token go."""
        try:
            while True:
                try:
                    await self.do_due()
                except Exception:  # noqa: BLE001  # a mistake of ours ends no chore for ever
                    _log.exception("chores are looked at again later")
                await asyncio.sleep(self._look)
        finally:
            await self._give_up()

    async def do_due(self) -> tuple[str, ...]:
        """Do what is due if this node holds the token; return what was done."""
        done = []
        for chore in self._chores:
            now = self._clock()
            if self._due.get(chore.name, now) <= now and await self._hold(now):
                self._due[chore.name] = now + chore.every
                await self._do(chore, now)
                done.append(chore.name)
        return tuple(done)

    async def _do(self, chore: Chore, now: datetime) -> None:
        try:
            await chore.do(now)
        except StoreError as error:
            _log.warning("chore %s waits: %s", chore.name, error)
        except Exception:  # noqa: BLE001  # the others have their turn all the same
            _log.exception("chore %s failed", chore.name)

    async def _hold(self, now: datetime) -> bool:
        try:
            claim = Claim(_TOKEN, self._node, now, now + _HELD)
            return await self._store.take(claim) is not None
        except StoreError as error:
            _log.warning("chores wait: %s", error)
            return False

    async def _give_up(self) -> None:
        now = self._clock()
        try:
            await self._store.give_up(Claim(_TOKEN, self._node, now, now))
        except StoreError as error:
            _log.info("the chores' token runs out by itself: %s", error)


def housekeeping(store: Store, kept: Callable[[], Kept]) -> tuple[Chore, ...]:
    """Return the chores of the store: what is over is let go after its time.

    Args:
        store: Whose.
        kept: Gives the configured times at each turn, as they may change while it runs.

    """

    async def purge(now: datetime) -> None:
        times = kept()
        retention = Retention(
            finished_before=now - times.messages,
            events_before=now - times.events,
            counted_before=now - times.counters,
            blocked_before=now - times.blocks,
            most=_BATCH,
        )
        while await store.purge(retention):  # noqa: ASYNC110  # each does something
            await asyncio.sleep(0)  # Mail has its turn between two batches.

    async def sweep(now: datetime) -> None:
        if gone := await store.sweep(before=now - _ABANDONED):
            _log.info("%d bodies that belonged to no message were removed", gone)

    return (
        Chore("retention", timedelta(minutes=10), purge),
        Chore("orphaned bodies", timedelta(hours=6), sweep),
    )
