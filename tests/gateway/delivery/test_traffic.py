"""How much goes where at once, and who is left alone."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from whybounce.gateway.delivery.attempts import Asked, Attempt, Ending, Obstacle
from whybounce.gateway.delivery.traffic import Traffic
from whybounce.gateway.store.rows import LeasedRecipient
from whybounce.vocabulary.reply import Reply

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEN = LeasedRecipient(0, "ben@example.org", "example.org", None, None, 0, None)


def came(said: Reply | Obstacle, ending: Ending, command: str) -> tuple[Attempt, ...]:
    """Return what one delivery came to."""
    asked = Asked(NOW, said, command)
    return (Attempt(BEN, ending, (asked,), asked),)


GOOD = came(Reply("Ok", 250), Ending.RELAYED, "end of DATA")
REFUSED = came(Obstacle("connection-refused", "port 25"), Ending.DEFERRED, "connect")
SILENT = came(Obstacle("connection-timed-out", "RCPT"), Ending.DEFERRED, "RCPT")
GREYLISTED = came(Reply("Later", 451), Ending.DEFERRED, "RCPT")


@dataclass
class Clock:
    """Seconds that pass when told to."""

    seconds: float = 0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def traffic(clock: Clock | None = None, **more: int) -> Traffic:
    """Return traffic with small limits."""
    return Traffic(
        **{"most": 100, "most_each": 8, "rest": 30, "monotonic": clock or Clock(), **more}
    )


async def most_at_once(busy: Traffic, name: str = "a", tries: int = 30) -> int:
    """Return how many had their turn at the same moment."""
    now, most = 0, 0

    async def one() -> None:
        nonlocal now, most
        async with busy.turn(name):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(one() for _ in range(tries)))
    return most


async def test_a_destination_begins_with_few_and_is_given_more_as_it_takes_them():
    """One more for each success, up to the limit."""
    busy = traffic()

    assert await most_at_once(busy) == 5
    for _ in range(9):
        busy.note("a", GOOD)
    assert await most_at_once(busy) == 8
    assert await most_at_once(busy, "b") == 5


async def test_all_destinations_together_stay_below_the_limit():
    """However many they are."""
    busy = traffic(most=3)

    both = await asyncio.gather(most_at_once(busy, "a"), most_at_once(busy, "b"))
    assert sum(both) <= 2 * 3
    assert max(both) <= 3


async def test_who_cannot_be_reached_rests_and_everybody_waiting_is_told_why():
    """Until the time is over."""
    clock = Clock()
    busy = traffic(clock)
    busy.note("a", REFUSED)

    async with busy.turn("a") as met:
        assert met is REFUSED[0].decided
    async with busy.turn("b") as met:
        assert met is None
    clock.seconds = 31
    async with busy.turn("a") as met:
        assert met is None


async def test_those_in_the_queue_are_woken_when_a_destination_is_found_dead():
    """None of them tries for himself."""
    busy = traffic(most_each=1)
    told = []

    async def first() -> None:
        async with busy.turn("a"):
            await asyncio.sleep(0.01)
            busy.note("a", REFUSED)

    async def other() -> None:
        async with busy.turn("a") as met:
            told.append(met)

    await asyncio.gather(first(), *(other() for _ in range(20)))

    assert told == [REFUSED[0].decided] * 20


async def test_silence_in_the_middle_slows_down_and_a_reply_about_the_mail_does_not():
    """A server that stalls gets one at a time; one that greylists is well."""
    busy = traffic()
    busy.note("a", GREYLISTED)
    assert await most_at_once(busy) == 6
    busy.note("a", SILENT)
    assert await most_at_once(busy) == 1


async def test_who_gives_up_waiting_takes_nobody_s_turn():
    """Cancelled at whatever moment."""
    busy = traffic(most_each=1)

    async def one() -> None:
        async with busy.turn("a"):
            await asyncio.sleep(0.001)

    tasks = [asyncio.create_task(one()) for _ in range(10)]
    await asyncio.sleep(0.002)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)

    assert await most_at_once(busy) == 1
