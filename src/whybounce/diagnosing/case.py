"""What the notes are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Kind, Report


@dataclass(frozen=True)  # Not slotted: what failed is asked for by nearly every note.
class Case:
    """A report, why each of its outcomes came about, and the catalogue's causes by id."""

    report: Report
    explanations: tuple[Explanation, ...]
    causes: Mapping[str, Cause]

    @cached_property
    def failures(self) -> tuple[tuple[Outcome, Explanation], ...]:
        """Each outcome of a failure or delay with its explanation; of other reports none."""
        if self.report.kind not in {Kind.FAILURE, Kind.DELAY}:
            return ()
        return tuple(zip(self.report.outcomes, self.explanations, strict=True))
