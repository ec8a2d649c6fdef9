"""Outcomes matched to whom the message was sent to, where the sender wrote that into an address."""

import re
from dataclasses import replace

from whybounce.notation import header_fields
from whybounce.notation.verp import VerpPattern, sent_to
from whybounce.vocabulary.report import Report

_LONGEST_HEADER = 65_536
_HEADER_END = re.compile(rb"\r?\n\r?\n|\r\r")


def with_original_recipients(report: Report, raw: bytes, verp: VerpPattern | None) -> Report:
    """Return the report with the original recipients that it does not state but an address tells.

    A recipient that the report states, by the sender's own ORCPT (RFC 3461 §4.2), stays.
    """
    if not report.outcomes or all(outcome.original_recipient for outcome in report.outcomes):
        return report
    found = sent_to(
        _fields(raw) if verp or b"=" in raw[:_LONGEST_HEADER] else (),
        report.original.headers if report.original else (),
        report.envelope_id,
        named=[outcome.recipient for outcome in report.outcomes if outcome.recipient],
        pattern=verp,
    )
    if found is None:
        return report
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
    return replace(report, outcomes=outcomes)


def _fields(raw: bytes) -> tuple[tuple[str, str], ...]:
    start = raw[:_LONGEST_HEADER].lstrip(b"\r\n")
    end = _HEADER_END.search(start)
    return header_fields(start[: end.start() if end else None].decode("utf-8", "replace"))
