"""A value set into a sentence whose letters run the other way. UAX #9 §2.4.

In Arabic prose an unmarked ``550 5.1.1`` is shown as ``5.1.1 550``, and a date back to front.
"""

from collections.abc import Callable
from unicodedata import bidirectional

_FIRST_STRONG_ISOLATE, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT = {"R", "AL"}


def setter(direction: str) -> Callable[[str], str]:
    """Return what sets a value into a sentence of that direction: ltr, rtl."""
    return _isolated if direction == "rtl" else str


def _isolated(value: str) -> str:
    return f"{_FIRST_STRONG_ISOLATE}{value}{_POP}"


def prose_set_in(value: str, direction: str) -> str:
    """Return a stranger's prose such that a sentence of that direction keeps it.

    An unmarked Hebrew subject at the beginning of an English line turns the whole line around.
    Addresses need none of this: within them letters stand as the line around them says.
    """
    turns = direction == "ltr" and not _RIGHT_TO_LEFT.isdisjoint(map(bidirectional, value))
    return _isolated(value) if turns else value
