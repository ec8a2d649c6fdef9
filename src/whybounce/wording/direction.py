"""A value set into a sentence whose letters run the other way. UAX #9 §2.4.

In Arabic prose an unmarked ``550 5.1.1`` is shown as ``5.1.1 550``, and a date back to front.
"""

from collections.abc import Callable

_FIRST_STRONG_ISOLATE, _POP = "\u2068", "\u2069"


def setter(direction: str) -> Callable[[str], str]:
    """Return what sets a value into a sentence of that direction: ltr, rtl."""
    return _isolated if direction == "rtl" else str


def _isolated(value: str) -> str:
    return f"{_FIRST_STRONG_ISOLATE}{value}{_POP}"
