"""A note's sentences filled in, and a span of time in words.

Notes hold no command to copy, so a stranger's value is prose: printable, bounded, and without a
backtick that would begin one.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from whybounce.wording.filling import printable

_PLACEHOLDER = re.compile(r"\{(\w{1,40})\}")
_LONGEST_VALUE = 400

# Unit, its seconds, and from how many on a span is said in it and the next smaller one.
_UNITS = (("days", 86_400, 2), ("hours", 3_600, 1), ("minutes", 60, 1), ("seconds", 1, 0))


def fill_note(
    sentence: str,
    values: Mapping[str, str],
    stand_ins: Mapping[str, str],
    set_in: Callable[[str], str] = str,
) -> str:
    """Return the sentence with its values, or words in their place; it begins with a capital.

    ``set_in`` is how a value is set into the sentence: see ``direction``.
    """
    led_by = _PLACEHOLDER.match(sentence)

    def known_or_said(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return set_in(_prose(value)) if value else stand_ins.get(match[1], match[0])

    filled = _PLACEHOLDER.sub(known_or_said, sentence)
    return filled[:1].upper() + filled[1:] if led_by and not values.get(led_by[1]) else filled


def span(time: timedelta, units: Mapping[str, str]) -> str:
    """Return the span in at most two units: ``3 h 35 min``. Units are templates by name."""
    left = max(int(time.total_seconds()), 0)
    place = next(at for at, (_, size, least) in enumerate(_UNITS) if left >= least * size)
    counted: list[str] = []
    for name, size, _ in _UNITS[place : place + 2]:
        number, left = divmod(left, size)
        if number or not counted:
            counted.append(units[name].replace("{number}", str(number)))
    return " ".join(counted)


def _prose(value: str) -> str:
    value = printable(value).replace("`", "'")
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
