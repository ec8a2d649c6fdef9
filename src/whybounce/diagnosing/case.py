"""What the notes are made from."""

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from whybounce.notation import authentication_results
from whybounce.vocabulary.authentication import AuthenticationResult, Method
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Kind, Report


class Case(Struct, frozen=True, dict=True):  # Its dict holds what several notes ask for.
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

    @cached_property
    def authentication(self) -> tuple[AuthenticationResult, ...]:
        """One result for each method: the newest server's; one pass among its own suffices.

        A message may carry several signatures, and one that holds is enough (RFC 6376 §6.1).
        """
        if self.report.original is None:
            return ()
        newest: dict[Method, AuthenticationResult] = {}
        for result in authentication_results(self.report.original.headers):
            known = newest.setdefault(result.method, result)
            if result.result == "pass" and result.written == known.written:
                newest[result.method] = result
        return tuple(newest.values())
