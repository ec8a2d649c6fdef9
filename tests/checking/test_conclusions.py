"""Conclusions: kept as long as the records they were drawn from, and no longer."""

import asyncio
from dataclasses import dataclass, field
from time import time

import pytest

from whybounce.checking.conclusions import Conclusions
from whybounce.checking.lookups import Absence, Asking, Records


@dataclass
class Zone:
    """Answers with texts that hold for so many seconds, and counts the questions."""

    seconds: dict[str, float]
    asked: list[str] = field(default_factory=list)

    async def records(self, name: str, rdtype: str) -> Records:
        """Answer as about texts."""
        return await self.texts(f"{name} {rdtype}")

    async def texts(self, name: str) -> Records:
        """Answer."""
        self.asked.append(name)
        if name not in self.seconds:
            return Records(absence=Absence.FAILED)
        return Records((name,), until=time() + self.seconds[name])


async def both(asking: Asking) -> str:
    """Conclude something from two records."""
    found = (await asking.texts("a.example"), await asking.records("b.example", "A"))
    return " ".join(value for each in found for value in each.values)


def times_asked(seconds: dict[str, float], *, is_sure: bool = True) -> int:
    """Return how many questions three equal conclusions cost."""
    zone, conclusions = Zone(seconds), Conclusions()

    async def three() -> set[str]:
        return {await conclusions.of("q", zone, both, is_sure=lambda _: is_sure) for _ in range(3)}

    assert len(asyncio.run(three())) == 1
    return len(zone.asked)


def test_what_holds_is_concluded_once():
    """The second message of the same sender asks nothing."""
    assert times_asked({"a.example": 300, "b.example A": 300}) == 2


@pytest.mark.parametrize(
    "seconds", [{"a.example": 300, "b.example A": -1}, {"a.example": 300}], ids=["over", "failed"]
)
def test_it_holds_no_longer_than_the_first_record_that_ends(seconds):
    """Also where one could not be told at all."""
    assert times_asked(seconds) == 6


def test_what_is_not_sure_is_found_anew():
    """An evaluation that ran out of time may come to its end the next time."""
    assert times_asked({"a.example": 300, "b.example A": 300}, is_sure=False) == 6


def test_memory_is_bounded():
    """Whoever sends from many names makes the others be found anew, and no more."""
    zone, conclusions = Zone({"a.example": 300, "b.example A": 300}), Conclusions(most=2)

    async def many() -> list[object]:
        for name in "abc":
            await conclusions.of(name, zone, both, is_sure=bool)
        return [conclusions.known(name) for name in "abc"]

    assert asyncio.run(many()) == [None, None, "a.example b.example A"]
