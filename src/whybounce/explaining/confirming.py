"""What do live checks say of a cause? It is confirmed, cleared, or still not known.

Rule 1: a check that the cause names and that fails confirms it. Advice confirms nothing, unless the cause
is about nothing else.
Rule 2: only if every check that the cause names was asked and holds is it cleared; and that is said of now,
not of the day when the mail came back.
"""

from collections.abc import Sequence

from whybounce.vocabulary.cause import Cause, CheckName
from whybounce.vocabulary.finding import ADVICE, Answer, Change, Finding

# A record that asks for reports keeps no mail back.
_DECIDE_NOTHING = ADVICE | {CheckName.TLS_RPT}


def change(cause: Cause, findings: Sequence[Finding]) -> Change:
    """Return what the findings say of the cause."""
    deciding = checks_of(cause)
    about = [finding for finding in findings if finding.check in deciding]
    answers = {finding.answer for finding in about}
    if Answer.FAILS in answers:
        return Change.CONFIRMED
    asked = {finding.check for finding in about}
    if answers == {Answer.HOLDS} and asked >= deciding:
        return Change.CLEARED
    return Change.UNKNOWN


def checks_of(cause: Cause) -> frozenset[CheckName]:
    """Return the checks that decide about the cause."""
    named = frozenset(cause.checks)
    return named - _DECIDE_NOTHING or named
