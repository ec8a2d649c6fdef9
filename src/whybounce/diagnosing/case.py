"""What the notes are made from."""

from collections.abc import Mapping

from msgspec import Struct

from whybounce.notation import authentication_results
from whybounce.vocabulary.authentication import AuthenticationResult, Method
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Kind, Original, Report


class Case(Struct, frozen=True):
    """A report, why each of its outcomes came about, and what several notes ask for."""

    report: Report
    explanations: tuple[Explanation, ...]
    causes: Mapping[str, Cause]  # The catalogue's, by id.
    # Each outcome of a failure or delay with its explanation; of other reports none.
    failures: tuple[tuple[Outcome, Explanation], ...]
    authentication: tuple[AuthenticationResult, ...]  # One for each method.

    @classmethod
    def of(
        cls, report: Report, explanations: tuple[Explanation, ...], causes: Mapping[str, Cause]
    ) -> "Case":
        """Return the case of a report and the explanations of its outcomes."""
        is_of_failures = report.kind in {Kind.FAILURE, Kind.DELAY}
        failures = zip(report.outcomes, explanations, strict=True) if is_of_failures else ()
        return cls(report, explanations, causes, tuple(failures), _authentication(report.original))


def _authentication(original: Original | None) -> tuple[AuthenticationResult, ...]:
    """Return one result for each method: the newest server's; one pass among its own suffices.

    A message may carry several signatures, and one that holds is enough (RFC 6376 §6.1).
    """
    if original is None:
        return ()
    newest: dict[Method, AuthenticationResult] = {}
    for result in authentication_results(original.headers):
        known = newest.setdefault(result.method, result)
        if result.result == "pass" and result.written == known.written:
            newest[result.method] = result
    return tuple(newest.values())
