"""What the returned header shows beyond what the report says, each with its evidence.

Each function reads the case and yields notes, or none. None raises, whatever a header says, and
each takes time in proportion to its size. The order below is the order of every answer.
"""

from collections.abc import Callable, Iterator
from itertools import chain

from whybounce.diagnosing.addressing import forwarded, not_in_to
from whybounce.diagnosing.authenticity import authentication, perhaps_forged
from whybounce.diagnosing.case import Case
from whybounce.diagnosing.expiring import expired_over
from whybounce.diagnosing.generating import (
    failed_at_generator,
    generator_behind_name,
    generator_not_named,
    refused_elsewhere,
)
from whybounce.diagnosing.travelling import clocks, long_wait, loop
from whybounce.vocabulary.note import Note

NOTES: tuple[Callable[[Case], Iterator[Note]], ...] = (
    refused_elsewhere,
    failed_at_generator,
    generator_behind_name,
    generator_not_named,
    forwarded,
    not_in_to,
    expired_over,
    perhaps_forged,
    authentication,
    loop,
    long_wait,
    clocks,
)


def notes_of(case: Case) -> tuple[Note, ...]:
    """Return what is worth knowing about the case, in the order of every answer."""
    return tuple(chain.from_iterable(notes(case) for notes in NOTES))
