"""Text laid out in lines: wrapped, numbered, with commands on lines of their own.

What is to be copied (commands, a server's words, addresses) is never wrapped.
"""

import re
from collections.abc import Iterator, Sequence
from unicodedata import combining, east_asian_width

from whybounce.writing.page import Sentence

WIDTH = 72
INDENT = "  "
_BREAKS = re.compile(r"[ \t\r\n\f\v]+")  # And no no-break space, which French has before a colon.


def numbered(sentences: Sequence[Sentence]) -> Iterator[str]:
    """Yield a numbered list."""
    for number, one in enumerate(sentences, start=1):
        lead = f"{number}. ".rjust(4)
        yield from sentence(one, lead, " " * len(lead))


def sentence(passages: Sentence, lead: str, hanging: str) -> Iterator[str]:
    """Yield prose wrapped, and each command in it on a line of its own, unwrapped."""
    for passage in passages:
        if passage.is_command:
            yield f"{hanging}{INDENT}{passage.text}"
        else:
            yield from wrapped(passage.text, lead, hanging)
        lead = hanging


def wrapped(text: str, lead: str = "", hanging: str | None = None) -> Iterator[str]:
    """Yield lines that fit; a word that fits on none stands alone on its own."""
    if "  " in text or not text.isprintable():
        text = " ".join(filter(None, _BREAKS.split(text)))
    hanging = " " * len(lead) if hanging is None else hanging
    while len(lead) + len(text) > WIDTH:
        room = WIDTH - len(lead)
        end = text.rfind(" ", 0, room + 1)
        if end < 0:
            end = text.find(" ", room)
        if end < 0:
            break
        yield lead + text[:end]
        text, lead = text[end + 1 :], hanging
    if text:
        yield lead + text


def columns(text: str) -> int:
    """Return how wide the text stands where all letters are equally wide, Chinese ones twice so."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )
