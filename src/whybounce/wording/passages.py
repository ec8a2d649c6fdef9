"""A sentence of advice cut into prose and the commands in it, so that these can be copied."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_COMMAND = re.compile(r"`((?:\$|PS>) [^`]*)`")
_IN_PARENTHESES = re.compile(r" ?[(（](`(?:\$|PS>) [^`]*`)[)）]")
_RECORD = re.compile(r"`([^`\s]+\.? [^`]+)`")  # Of several words: to be published as it stands.
_LEAD = " \t\u00a0\u202f,;.:،؛、。"  # What is left of the sentence's own marks after a command.


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
    return tuple(_cut(sentence, _COMMAND))


def passages_of_finding(step: str) -> tuple[Passage, ...]:
    """Return the same of a live check's step, in which records to be published stand alone too."""
    return tuple(_cut(step, _RECORD))


def _cut(sentence: str, apart: re.Pattern[str]) -> Iterator[Passage]:
    for place, part in enumerate(apart.split(_IN_PARENTHESES.sub(r": \1", sentence))):
        if place % 2:
            yield Passage(part, is_command=True)
        elif prose := (part.lstrip(_LEAD) if place else part).strip():
            yield Passage(prose, is_command=False)
