"""What comes of one message in one moment is told in one notice, to however many domains it went.

Consignments of one message that were leased together wait for one another before they are settled with
a notice: until all have come to something, and no longer than a moment. What nobody is told of is
settled without waiting.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from whybounce.gateway.delivery.attempts import Attempt
from whybounce.gateway.delivery.concluding import Conclusion
from whybounce.gateway.store.rows import Consignment

MOMENT = 5.0  # Seconds that what has failed waits for what is still being tried.

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """Recipients of a consignment, each with what was tried and what came of it."""

    consignment: Consignment
    attempts: tuple[Attempt, ...]
    conclusions: tuple[Conclusion, ...]

    def of(self, conclusions: Sequence[Conclusion]) -> "Part":
        """Return the part of these alone."""
        numbers = {each.recipient.number for each in conclusions}
        attempts = tuple(each for each in self.attempts if each.recipient.number in numbers)
        return replace(self, attempts=attempts, conclusions=tuple(conclusions))


Settle = Callable[[Part], Awaitable[None]]
"""Records what came of the recipients, with the notice about them."""


@dataclass(slots=True)
class _Moment:
    """Those of one message that wait for one another."""

    parts: list[Part] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    settling: asyncio.Task[None] | None = None


class Gathering:
    """Who of a message is under way, and who waits to be told of with the others."""

    def __init__(self, *, most: float = MOMENT) -> None:
        self._most = most
        self._under_way: Counter[_Key] = Counter()
        self._moments: dict[_Key, _Moment] = {}

    @contextmanager
    def under_way(self, consignment: Consignment) -> Iterator[None]:
        """Have others of its message wait for it."""
        key = _key(consignment)
        self._under_way[key] += 1
        try:
            yield
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]
            self._look(key)

    def is_alone(self, consignment: Consignment) -> bool:
        """Whether nobody else of its message is under way or waits."""
        key = _key(consignment)
        return self._under_way[key] <= 1 and key not in self._moments

    async def settle(self, part: Part, settle: Settle) -> None:
        """Settle it with the others of its message; cancelled, at once."""
        key = _key(part.consignment)
        moment = self._moments.setdefault(key, _Moment())
        moment.parts.append(part)
        if moment.settling is None:
            moment.settling = asyncio.create_task(self._settle_all(key, moment, settle))
        self._look(key)
        try:
            await asyncio.shield(moment.settling)
        except asyncio.CancelledError:
            moment.is_over.set()
            await moment.settling
            raise

    def _look(self, key: _Key) -> None:
        """End the moment where nobody is left to wait for."""
        moment = self._moments.get(key)
        if moment is not None and len(moment.parts) >= self._under_way[key]:
            moment.is_over.set()

    async def _settle_all(self, key: _Key, moment: _Moment, settle: Settle) -> None:
        try:
            async with asyncio.timeout(self._most):
                await moment.is_over.wait()
        except TimeoutError:
            pass
        finally:
            del self._moments[key]
        await settle(_joined(moment.parts))


def _key(consignment: Consignment) -> _Key:
    """Return what consignments have in common that may be settled as one: message and lease."""
    return consignment.message.id, consignment.lease


def _joined(parts: Sequence[Part]) -> Part:
    first = parts[0].consignment
    return Part(
        replace(
            first,
            recipients=tuple(each for part in parts for each in part.consignment.recipients),
            until=min(part.consignment.until for part in parts),
        ),
        tuple(each for part in parts for each in part.attempts),
        tuple(each for part in parts for each in part.conclusions),
    )
