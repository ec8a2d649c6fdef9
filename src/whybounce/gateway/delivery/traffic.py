"""How much goes to one destination at once, and when it is left alone for a while.

A destination begins with a few deliveries at once; each that succeeds allows one more, and one that
cannot even be begun cuts them to one and lets the destination rest. Who comes meanwhile is told what
was met, and tries nothing: a thousand messages to a dead server cost one timeout, not a thousand.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from whybounce.gateway.delivery.attempts import Asked, Attempt, Ending

_AT_FIRST = 5
# After these the server has been reached, and what it said concerns one mail.
_ABOUT_MAIL = frozenset({"MAIL", "RCPT", "DATA", "BDAT", "RSET", "end of DATA", "BDAT LAST"})


@dataclass(slots=True)
class _Lane:
    allowed: int
    running: int = 0
    present: int = 0  # Running or waiting.
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    rests_until: float = 0
    met: Asked | None = None  # Why it rests.


class Traffic:
    """Who may deliver now."""

    def __init__(
        self, *, most: int, most_each: int, rest: float, monotonic: Callable[[], float]
    ) -> None:
        self._all = asyncio.Semaphore(most)
        self._most_each = most_each
        self._rest = rest
        self._monotonic = monotonic
        self._lanes: dict[str, _Lane] = {}

    def allow(self, *, most: int, most_each: int) -> None:
        """Let so many deliver from now on; those that do so already are not counted among them."""
        self._all = asyncio.Semaphore(most)
        self._most_each = most_each
        for lane in self._lanes.values():
            lane.allowed = min(lane.allowed, most_each)

    @asynccontextmanager
    async def turn(self, destination: str) -> AsyncIterator[Asked | None]:
        """Wait for one's turn; yield None, or why the destination is left alone now."""
        lane = self._lane(destination)
        lane.present += 1
        try:
            while lane.running >= lane.allowed and not self._rests(lane):
                await self._wake_up_call(lane)
            if self._rests(lane):
                yield lane.met
                return
            lane.running += 1
            try:
                async with self._all:
                    yield None
            finally:
                lane.running -= 1
        finally:
            lane.present -= 1
            self._wake(lane)

    def note(self, destination: str, attempts: Iterable[Attempt]) -> None:
        """Learn from what a delivery came to; while one's turn lasts."""
        lane = self._lane(destination)
        troubles = [each.decided for each in attempts if _is_about_the_remote(each)]
        if not troubles:
            lane.allowed = min(self._most_each, lane.allowed + 1)
            lane.rests_until = 0
            return
        lane.allowed = 1
        if troubles[-1].command not in _ABOUT_MAIL and self._rest:
            lane.rests_until = self._monotonic() + self._rest
            lane.met = troubles[-1]
            while lane.waiting:
                self._wake(lane)

    def _lane(self, destination: str) -> _Lane:
        if destination not in self._lanes:
            self._forget()
            self._lanes[destination] = _Lane(min(_AT_FIRST, self._most_each))
        return self._lanes[destination]

    def _forget(self) -> None:
        """Drop what is of no use any more, once there is much of it."""
        if len(self._lanes) < 10_000 or len(self._lanes) % 1_000:
            return
        kept = {
            name: lane for name, lane in self._lanes.items() if lane.present or self._rests(lane)
        }
        self._lanes = kept

    def _rests(self, lane: _Lane) -> bool:
        return lane.rests_until > self._monotonic()

    async def _wake_up_call(self, lane: _Lane) -> None:
        call = asyncio.get_running_loop().create_future()
        lane.waiting.append(call)
        try:
            await call
        except asyncio.CancelledError:
            if call.done() and not call.cancelled():
                self._wake(lane)  # It was ours to take, and goes to the next.
            elif call in lane.waiting:
                lane.waiting.remove(call)
            raise

    @staticmethod
    def _wake(lane: _Lane) -> None:
        while lane.waiting:
            call = lane.waiting.popleft()
            if not call.done():
                call.set_result(None)
                return


def _is_about_the_remote(attempt: Attempt) -> bool:
    """Whether it tells of the destination rather than of this mail."""
    reply = attempt.decided.reply
    return attempt.ending is Ending.DEFERRED and (
        attempt.decided.obstacle is not None
        or attempt.decided.command not in _ABOUT_MAIL
        or (reply is not None and reply.code == 421)
    )
