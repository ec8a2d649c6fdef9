"""How the way is told: waits, circles and clocks."""

from datetime import timedelta

import pytest

from notices import NOON
from whybounce.vocabulary.report import Hop
from whybounce.writing.hops import Loop, way_of


def hops(*seconds: float, hosts: str = "abcdefgh") -> list[Hop]:
    """Return hops that took so many seconds, by hosts of one letter."""
    return [
        Hop(None, host, "ESMTP", NOON + timedelta(seconds=place), wait)
        for place, (wait, host) in enumerate(zip(seconds, hosts, strict=False))
    ]


def test_the_longest_wait_is_marked():
    """Where most of the time went."""
    way = way_of(hops(1.0, 300.0, 4.0))

    assert way.longest == 1
    assert way.total == 305


def test_no_wait_is_marked_where_there_was_none():
    """Nor where there is one step only."""
    assert way_of(hops(0.0, 0.4)).longest is None
    assert way_of(hops(300.0)).longest is None


def test_different_clocks_make_no_total():
    """A sum of times that do not fit together says nothing."""
    assert way_of(hops(1.0, -3.0, 2.0)).total is None


@pytest.mark.parametrize(
    ("hosts", "loop"),
    [
        ("ababab", Loop(("a", "b"), 3)),
        ("xyabababz", Loop(("a", "b"), 3)),
        ("abcabcabcabc", Loop(("a", "b", "c"), 4)),
        ("aaaaa", Loop(("a",), 5)),
        ("aaaa", None),
        ("abab", None),  # A content filter.
        ("abcdef", None),
        ("", None),
    ],
)
def test_a_circle_is_named(hosts, loop):
    """The servers that hand the message round, and how often."""
    assert way_of(hops(*[1.0] * len(hosts), hosts=hosts)).loop == loop


def test_nothing_is_said_of_no_way():
    """An original without Received fields."""
    way = way_of([])

    assert (way.longest, way.total, way.loop) == (None, None, None)
