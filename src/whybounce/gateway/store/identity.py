"""Ids that grow with time: 41 bits of milliseconds since 2020, 22 bits of chance.

Written as thirteen characters of RFC 4648 §7 (base32hex), they sort as they were given. New rows
therefore join the end of each index instead of a random page, and nodes need not agree on anything.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CHANCE_BITS = 22
LARGEST = (1 << 63) - 1
_LENGTH = 13
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)

RandomBits = Callable[[int], int]  # secrets.randbits, or a seeded random.Random's getrandbits.


class Ids:
    """Gives ids, each larger than the one before, even where the clock goes back."""

    def __init__(self, random_bits: RandomBits) -> None:
        self._random_bits = random_bits
        self._last = 0

    def next(self, now: datetime) -> str:
        """Return an id that no node has given, but for one chance in four million a millisecond."""
        return written(self.next_number(now))

    def next_number(self, now: datetime) -> int:
        """Return the number of such an id."""
        number = earliest(now) | self._random_bits(_CHANCE_BITS)
        self._last = min(max(number, self._last + 1), LARGEST)
        return self._last


def earliest(moment: datetime) -> int:
    """Return the smallest number an id given at the moment can have."""
    return min(max((moment - _EPOCH) // _MILLISECOND, 0) << _CHANCE_BITS, LARGEST)


def written(number: int) -> str:
    """Return the id as people and logs write it."""
    pieces = [_PAIRS[number >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0)]
    return _DIGITS[number >> 60] + "".join(pieces)


def canonical(text: str) -> str:
    """Return the id as it is written, from what somebody typed; what is no id as it stands."""
    number = number_of(text)
    return text if number is None else written(number)


def number_of(text: str) -> int | None:
    """Return the number the id stands for; None for what is no id."""
    if len(text) != _LENGTH or not text.isascii() or not text.isalnum():
        return None
    try:
        number = int(text, 32)
    except ValueError:
        return None
    return number if number <= LARGEST else None
