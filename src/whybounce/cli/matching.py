"""Outcomes matched to whom the message was sent to, where the sender wrote that into an address."""

import re
from dataclasses import replace

from whybounce.notation import header_fields
from whybounce.notation.verp import VerpPattern, sent_to
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis

_LONGEST_HEADER = 65_536
_HEADER_END = re.compile(rb"\r?\n\r?\n|\r\r")


def matched(diagnosis: Diagnosis, raw: bytes, pattern: VerpPattern | None) -> Diagnosis:
    """Return the diagnosis with the original recipients that no report states but an address tells."""
    report = diagnosis.report
    if not report.outcomes or all(outcome.original_recipient for outcome in report.outcomes):
        return diagnosis
    found = sent_to(
        _fields(raw) if pattern or b"=" in raw[:_LONGEST_HEADER] else (),
        report.original.headers if report.original else (),
        report.envelope_id,
        named=[outcome.recipient for outcome in report.outcomes if outcome.recipient],
        pattern=pattern,
    )
    if found is None:
        return diagnosis
    outcomes = tuple(
        outcome
        if outcome.original_recipient
        else replace(
            outcome,
            original_recipient=found.recipient,
            inferred={**outcome.inferred, "original_recipient": found.rule},
        )
        for outcome in report.outcomes
    )
    return replace(diagnosis, report=replace(report, outcomes=outcomes))


def forwarded_from(outcome: Outcome) -> str | None:
    """Return whom the message was sent to, where the report names somebody else."""
    sent, named = outcome.original_recipient, outcome.recipient
    return sent if sent and named and sent.casefold() != named.casefold() else None


def _fields(raw: bytes) -> tuple[tuple[str, str], ...]:
    start = raw[:_LONGEST_HEADER].lstrip(b"\r\n")
    end = _HEADER_END.search(start)
    return header_fields(start[: end.start() if end else None].decode("utf-8", "replace"))
