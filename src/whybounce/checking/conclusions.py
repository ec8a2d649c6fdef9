"""What was concluded from records, kept as long as every one of them holds.

The same server brings mail of the same sender again and again, and to judge its records costs more
than to ask for them. What could not be told is not kept.
"""

from collections.abc import Awaitable, Callable, Hashable
from time import time
from typing import TypeVar, cast

from whybounce.checking.lookups import Asking, Records

_MOST = 10_000

Answer = TypeVar("Answer")


class Conclusions:
    """Answers by their questions; a question holds all that its answer depends on, but for records."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: dict[Hashable, tuple[float, object]] = {}  # Until when, and what.

    def known(self, question: Hashable) -> object | None:
        """Return the answer, or None where it has to be found."""
        until, answer = self._kept.get(question, (0.0, None))
        return answer if time() < until else None

    async def of(
        self,
        question: Hashable,
        asking: Asking,
        conclude: Callable[[Asking], Awaitable[Answer]],
        *,
        is_sure: Callable[[Answer], bool],
    ) -> Answer:
        """Return the answer, found now if it is not known.

        Args:
            question: What is asked.
            asking: Who is asked for records.
            conclude: Finds the answer; it asks nobody else.
            is_sure: Whether asking again would give the same.

        """
        known = self.known(question)
        if known is not None:
            return cast("Answer", known)
        noting = _Noting(asking)
        answer = await conclude(noting)
        if time() < noting.until and is_sure(answer):
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[question] = noting.until, answer
        return answer


class _Noting:
    """Asks, and notes how long all the answers hold."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.until = float("inf")

    async def records(self, name: str, rdtype: str) -> Records:
        """Return the records."""
        return self._noted(await self._asking.records(name, rdtype))

    async def texts(self, name: str) -> Records:
        """Return TXT records."""
        return self._noted(await self._asking.texts(name))

    def _noted(self, records: Records) -> Records:
        self.until = min(self.until, records.until)
        return records
