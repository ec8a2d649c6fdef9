"""What the notes are made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Kind, Report


@dataclass(frozen=True, slots=True)
class Case:
    """A report, why each of its outcomes came about, and the catalogue's causes by id."""

    report: Report
    explanations: tuple[Explanation, ...]
    causes: Mapping[str, Cause]

    def failures(self) -> Iterator[tuple[Outcome, Explanation]]:
        """Yield each outcome of a failure or delay with its explanation; of other reports none."""
        if self.report.kind in {Kind.FAILURE, Kind.DELAY}:
            yield from zip(self.report.outcomes, self.explanations, strict=True)
