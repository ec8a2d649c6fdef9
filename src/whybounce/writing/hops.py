"""The way the message came: how long each step took, where it waited, whether it went in circles.

A step's time is what passed since the step before; the first one's since the message's Date. Where
the clocks of two servers differ that can be less than nothing, and is said so instead of hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from whybounce.vocabulary.report import Hop

_WORTH_MARKING = 1.0  # Seconds; Received has no fractions, so less is nothing.
_ROUNDS = 3  # Content filters pass a message through the same server twice.
_ROUNDS_OF_ONE = 5  # And a server may hand it to itself a few times.
_LONGEST_ROUND = 8


@dataclass(frozen=True, slots=True)
class Loop:
    """Servers that hand the message round."""

    hosts: tuple[str, ...]  # In order; the first one follows the last.
    rounds: int


@dataclass(frozen=True, slots=True)
class Way:
    """What the steps show together."""

    longest: int | None  # The place of the step that took longest; None where none took long.
    total: float | None  # Seconds from the first known time to the last; None where clocks differ.
    loop: Loop | None


def way_of(hops: Sequence[Hop]) -> Way:
    """Return what the steps, oldest first, show together."""
    waits = [hop.relay_seconds or 0.0 for hop in hops]
    longest = max(range(len(hops)), key=waits.__getitem__, default=None)
    if longest is not None and waits[longest] < _WORTH_MARKING:
        longest = None
    steady = len(hops) > 1 and all(wait >= 0 for wait in waits)
    return Way(
        longest=longest if len(hops) > 1 else None,
        total=sum(waits) if steady else None,
        loop=_loop([hop.by.lower() for hop in hops if hop.by]),
    )


def _loop(hosts: Sequence[str]) -> Loop | None:
    """Return the shortest round that the servers repeat often enough, or None."""
    for length in range(1, min(_LONGEST_ROUND, len(hosts) // 2) + 1):
        start, run = _longest_run(hosts, length)
        rounds = run // length
        if rounds >= (_ROUNDS_OF_ONE if length == 1 else _ROUNDS):
            return Loop(tuple(hosts[start : start + length]), rounds)
    return None


def _longest_run(hosts: Sequence[str], length: int) -> tuple[int, int]:
    """Return where the longest run begins whose every server is the one ``length`` steps before."""
    best, begin = (0, 0), 0
    for place in range(length, len(hosts) + 1):
        if place < len(hosts) and hosts[place] == hosts[place - length]:
            continue
        if place - begin > best[1]:
            best = (begin, place - begin)
        begin = place - length + 1
    return best
