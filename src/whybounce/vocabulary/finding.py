"""What a live check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from whybounce.vocabulary.cause import CheckName


class Answer(StrEnum):
    """A check's answer. Unknown is an answer of its own."""

    HOLDS = "holds"  # In order.
    FAILS = "fails"  # Confirms the causes that name this check.
    UNKNOWN = "unknown"


ADVICE = frozenset({CheckName.IPV6})  # Nobody has to have it.

# Nobody was asked who could tell: it was not wished, or another finding says what stood in the way.
_NOT_ASKED = frozenset({"not-asked", "not-tried", "not-validated", "not-reached", "not-shown"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One live check's answer, with what it rests on."""

    check: CheckName
    answer: Answer
    evidence: str  # What was seen, for administrators.
    result: str = ""  # Which of the check's results it is: "softfail"; its words are by this name.
    values: Mapping[str, str] = field(default_factory=dict)  # For placeholders, as a cause's.
    record: str = ""  # The record that decided, as it is published; empty: there is none.

    @property
    def counts(self) -> bool:
        """Whether it says if all is in order: it was asked, and is more than advice."""
        return self.result not in _NOT_ASKED and self.check not in ADVICE


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What live checks are to ask to decide about a cause: questions about one target."""

    target: str  # A domain or an IP address.
    checks: frozenset[CheckName]
    selectors: tuple[str, ...] = ()  # DKIM keys that the message was signed with.
    lists: tuple[str, ...] = ()  # Zones of the block lists that were named.
    client: str = ""  # The IP address that sent, for SPF.


class Change(StrEnum):
    """What findings say of a cause."""

    CONFIRMED = "confirmed"  # What it names is not in order.
    CLEARED = "cleared"  # All that can be asked about it is in order now.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What live checks say of a cause, at a moment after the mail came back."""

    change: Change
    at: datetime  # When was asked, UTC.
    then: datetime | None  # When the mail came back, UTC.
    found: tuple[tuple[str, Finding], ...]  # What was asked about, and what was found.
    lacking: tuple[CheckName, ...] = ()  # That decide, too, and could not be asked.


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
