"""Outcomes matched to whom the message was sent to, where the sender wrote that into an address."""

from msgspec.structs import replace

from whybounce.notation.verp import Fields, VerpPattern, sent_to
from whybounce.vocabulary.report import Report


def with_original_recipients(report: Report, fields: Fields, verp: VerpPattern | None) -> Report:
    """Return the report with the original recipients that it does not state but an address tells.

    ``fields`` are those of the mail. A recipient that the report states, by the sender's own ORCPT
    (RFC 3461 §4.2), stays.
    """
    if not report.outcomes or all(outcome.original_recipient for outcome in report.outcomes):
        return report
    found = sent_to(
        fields,
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
