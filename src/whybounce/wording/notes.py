"""A note's sentences filled in, and a span of time in words.

Notes hold no command to copy, so a stranger's value is prose: printable, bounded, and without a
backtick that would begin one.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache

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
    form, names = _cut(sentence)
    said = [
        set_in(_prose(value)) if (value := values.get(name)) else stand_ins.get(name, f"{{{name}}}")
        for name in names
    ]
    filled = form % tuple(said)
    led_by_stand_in = form.startswith("%s") and not values.get(names[0])
    return filled[:1].upper() + filled[1:] if led_by_stand_in else filled


@lru_cache(maxsize=1024)  # The notes' sentences, in a few languages.
def _cut(sentence: str) -> tuple[str, tuple[str, ...]]:
    """Return the sentence with %s in place of its placeholders, and their names in order."""
    pieces = _PLACEHOLDER.split(sentence.replace("%", "%%"))
    return "%s".join(pieces[::2]), tuple(pieces[1::2])


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
