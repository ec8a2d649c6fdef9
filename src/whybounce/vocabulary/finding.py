"""What a live check found."""

from dataclasses import dataclass
from enum import StrEnum

from whybounce.vocabulary.cause import CheckName


class Answer(StrEnum):
    """A check's answer. Unknown is an answer of its own."""

    HOLDS = "holds"  # In order.
    FAILS = "fails"  # Confirms the causes that name this check.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One live check's answer, with what it rests on."""

    check: CheckName
    answer: Answer
    evidence: str
