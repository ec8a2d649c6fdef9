"""Outcomes matched to whom the message was sent to, where the sender wrote that into an address."""

import re

from msgspec.structs import replace

from whybounce.notation import header_fields
from whybounce.notation.verp import VerpPattern, sent_to
from whybounce.vocabulary.report import Report

_LONGEST_HEADER = 65_536
_MAY_TELL = re.compile(rb"=[\w.\x80-\xff-]{1,253}@")  # Cheaper than reading every field again.
_EMPTY_LINES = (b"\n\n", b"\r\n\r\n", b"\r\r")
_LINE_ENDS = re.compile(rb"[\r\n]*")


def with_original_recipients(report: Report, raw: bytes, verp: VerpPattern | None) -> Report:
    """Return the report with the original recipients that it does not state but an address tells.

    A recipient that the report states, by the sender's own ORCPT (RFC 3461 §4.2), stays.
    """
    if not report.outcomes or all(outcome.original_recipient for outcome in report.outcomes):
        return report
    found = sent_to(
        _fields(raw, always=verp is not None),
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


def _fields(raw: bytes, *, always: bool) -> tuple[tuple[str, str], ...]:
    """Return the mail's own fields, or none where no recipient can be written in one."""
    line_ends = _LINE_ENDS.match(raw)
    begin = line_ends.end() if line_ends else 0
    end = begin + _LONGEST_HEADER
    for line in _EMPTY_LINES:
        at = raw.find(line, begin, end)
        end = at if at >= 0 else end
    if not always and _MAY_TELL.search(raw, begin, end) is None:
        return ()
    return header_fields(raw[begin:end].decode("utf-8", "replace"))
