"""What a live check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    evidence: str  # What was seen, for administrators.
    result: str = ""  # Which of the check's results it is: "softfail"; its words are by this name.
    values: Mapping[str, str] = field(default_factory=dict)  # For placeholders, as a cause's.
    record: str = ""  # The record that decided, as it is published; empty: there is none.


@dataclass(frozen=True, slots=True)
class FindingWords:
    """A finding said in one language."""

    question: str
    what: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultWords:
    """The sentences of one result of a check. Placeholders in braces: see wording."""

    what: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckWords:
    """The sentences of a check in one language."""

    question: str
    results: Mapping[str, ResultWords]
