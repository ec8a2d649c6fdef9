"""A sentence of advice cut into prose and the commands in it, so that these can be copied."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

COMMAND = re.compile(r"`((?:\$|PS>) [^`]*)`")
IN_PARENTHESES = re.compile(r" ?[(（](`(?:\$|PS>) [^`]*`)[)）]")
LEAD = " \t\u00a0\u202f,;.:،؛、。"  # What is left of the sentence's own marks after a command.


@dataclass(frozen=True, slots=True)
class Passage:
    """Prose, in which a setting may stand between backticks; or a command with its prompt."""

    text: str
    is_command: bool


@lru_cache(maxsize=4096)  # Most of the catalogue's sentences come again as they are.
def passages(sentence: str) -> tuple[Passage, ...]:
    """Return the sentence's prose and commands in order; blank prose is left out."""
    if "`$ " not in sentence and "`PS> " not in sentence:
        return (Passage(sentence, is_command=False),)
    return tuple(_cut(sentence))


def _cut(sentence: str) -> Iterator[Passage]:
    for place, part in enumerate(COMMAND.split(IN_PARENTHESES.sub(r": \1", sentence))):
        if place % 2:
            yield Passage(part, is_command=True)
        elif prose := (part.lstrip(LEAD) if place else part).strip():
            yield Passage(prose, is_command=False)
