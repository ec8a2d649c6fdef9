"""Complaints among the mail that is taken: somebody pressed "this is spam", RFC 5965.

They are delivered like any other mail. What they say is noted besides, for a trace and for webhooks.
"""

from collections.abc import Iterable

from whybounce.gateway.store.rows import Complaint
from whybounce.notation import first_field
from whybounce.reading import read
from whybounce.vocabulary.report import Kind

LONGEST_READ = 1 << 18  # Octets: the report and the header of what it is about.
_MOST_RECIPIENTS = 100


def may_complain(fields: Iterable[tuple[str, str]]) -> bool:
    """Say whether the header calls the message a complaint, so that it is worth reading."""
    written = (first_field(tuple(fields), "content-type") or "").lower()
    return "multipart/report" in written and "feedback-report" in written


def complaint_in(octets: bytes) -> Complaint | None:
    """Return what the message complains about; None where it is no complaint after all."""
    report = read(octets)
    if report.kind is not Kind.COMPLAINT:
        return None
    original = report.original
    return Complaint(
        kind=report.feedback_type or "abuse",
        reporter=report.generator,
        recipients=tuple(each.recipient for each in report.outcomes if each.recipient)[
            :_MOST_RECIPIENTS
        ],
        message_id=original.message_id if original else None,
        sender=original.from_ if original else None,
        subject=original.subject if original else None,
    )
