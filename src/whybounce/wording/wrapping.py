"""Prose broken into lines, for screens and mails in which all letters are equally wide.

Rule 1: lines end at spaces, never at no-break spaces, which French has before a colon; what stands
between two spaces is never broken, because addresses and links are to be copied.
Rule 2: Chinese and Japanese have no spaces: there a line ends between any two letters, but no line
begins with what closes a sentence or a bracket, or ends with what opens one.
"""

import re
from collections.abc import Iterator
from unicodedata import combining, east_asian_width

_BREAKS = re.compile(r"[ \t\r\n\f\v]+")
# Letters of one column each: Latin ones, dashes and quotation marks. Most texts have no others.
_NARROW = re.compile("[\x00-\u02ff\u2010-\u2027]*")
_NEVER_FIRST = frozenset("、。，．・：；？！）」』】〉》ーっゃゅょッャュョ々…%,.:;?!)]}")
_NEVER_LAST = frozenset("（「『【〈《([{")


def wrapped(text: str, width: int, lead: str = "", hanging: str | None = None) -> Iterator[str]:
    """Yield lines of at most so many columns; what fits on none stands alone on its own.

    ``lead`` stands before the first line, ``hanging`` before the others: by default as much blank.
    """
    if "  " in text or not text.isprintable():
        text = " ".join(filter(None, _BREAKS.split(text)))
    hanging = " " * columns(lead) if hanging is None else hanging
    end_of_line = _at_a_space if _NARROW.fullmatch(text) else _between_letters
    while columns(text) > (room := width - columns(lead)):
        end, begin = end_of_line(text, room)
        if end == len(text):
            break
        yield lead + text[:end]
        text, lead = text[begin:], hanging
    if text:
        yield lead + text


def columns(text: str) -> int:
    """Return how wide the text stands where all letters are equally wide, Chinese ones twice so."""
    return len(text) if _NARROW.fullmatch(text) else sum(map(_columns_of, text))


def _at_a_space(text: str, room: int) -> tuple[int, int]:
    """Return where the line ends and the next begins: at the last space that fits, else the first."""
    end = text.rfind(" ", 0, room + 1)
    if end < 0:
        end = text.find(" ", room)
    return (end, end + 1) if end >= 0 else (len(text), len(text))


def _between_letters(text: str, room: int) -> tuple[int, int]:
    """Return the same for a text in which letters may be wide, or stand above one another."""
    found, width = None, 0
    for at, letter in enumerate(text):
        if width > room and found is not None:
            return found
        if letter == " ":
            found = at, at + 1
        elif at and _may_part(text[at - 1], letter):
            found = at, at
        width += _columns_of(letter)
    return found if width > room and found is not None else (len(text), len(text))


def _may_part(before: str, behind: str) -> bool:
    is_wide = _columns_of(before) == 2 or _columns_of(behind) == 2
    return is_wide and before not in _NEVER_LAST and behind not in _NEVER_FIRST


def _columns_of(letter: str) -> int:
    return 0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1
