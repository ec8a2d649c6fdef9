"""When to try again: a list of waits, as data. No clock and no chance in here; both are passed in."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from msgspec import Struct, convert

_FILE = Path(__file__).with_name("schedules.toml")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to wait after each try, and when to give up."""

    waits: tuple[timedelta, ...]  # After the first try, the second …; the last one repeats.
    jitter: float  # The share of a wait by which it may be shorter or longer.
    tell_after: timedelta  # When the sender is told of the delay.
    expire_after: timedelta  # RFC 5321 §4.5.4.1: at least four to five days.


def next_try(
    schedule: Schedule, *, tries: int, now: datetime, expires: datetime, chance: float
) -> datetime:
    """Return when to try again after so many tries, at the latest when the message expires.

    Args:
        schedule: The waits.
        tries: How many there have been, at least one.
        now: When the last one ended.
        expires: When the message does.
        chance: From 0 to 1, by which retries of many messages are kept apart.

    """
    wait = schedule.waits[min(tries, len(schedule.waits)) - 1]
    spread = 1 + schedule.jitter * (2 * chance - 1)
    return max(min(now + wait * spread, expires), now)


class _Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    waits: tuple[int, ...]
    jitter: float
    tell_after: int
    expire_after: int


@cache
def schedules() -> dict[str, Schedule]:
    """Return the schedules there are, by name."""
    tables = convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), dict[str, _Table])
    return {
        name: Schedule(
            waits=tuple(timedelta(seconds=wait) for wait in table.waits),
            jitter=table.jitter,
            tell_after=timedelta(seconds=table.tell_after),
            expire_after=timedelta(seconds=table.expire_after),
        )
        for name, table in tables.items()
    }
