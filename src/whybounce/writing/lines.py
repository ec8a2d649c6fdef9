"""Text laid out in lines: wrapped, numbered, with commands on lines of their own.

What is to be copied (commands, a server's words, addresses) is never wrapped.
"""

from collections.abc import Iterator, Sequence

from whybounce.wording import wrapping
from whybounce.writing.page import Sentence

WIDTH = 72
INDENT = "  "


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
    """Yield lines that fit a mail's width."""
    return wrapping.wrapped(text, WIDTH, lead, hanging)
