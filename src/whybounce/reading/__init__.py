"""Reading: bytes in, a Report out, whatever the bytes were.

Each form of bounce has a file in this package with one function, ``read``, which returns a Report
or None for "not mine". The forms are tried from the strictest to the loosest; the order is the
tuple below, nowhere else. A report inside another mail is read from there. No form raises on bad
mail: what it could not use it records as a Defect, and what nobody said stays None.
"""

from msgspec.structs import replace

from whybounce.reading import (
    automatic_reply,
    challenge,
    complaint,
    delivery_status,
    list_notice,
    read_receipt,
    service_event,
    ses_notification,
    text,
)
from whybounce.reading.attempts import with_attempts
from whybounce.reading.carried import carried_by
from whybounce.reading.mime import Message, parse_message
from whybounce.reading.original import first_hop_of
from whybounce.reading.text import recipient_told
from whybounce.vocabulary.report import Defect, Report

_FORMS = (
    delivery_status.read,
    complaint.read,
    read_receipt.read,
    ses_notification.read,
    list_notice.read,
    text.read,
    challenge.read,
    automatic_reply.read,
)

_DEEPEST = 3  # A bounce that was forwarded, and forwarded again.

__all__ = ["parse_message", "read", "read_message", "read_pasted", "recipient_told"]


def read(raw: bytes) -> Report:
    """Return what the message says about delivery. Never raises.

    A message in none of the known forms is a Report without outcomes, with a Defect that says so.
    """
    return read_message(parse_message(raw))


def read_message(message: Message) -> Report:
    """Return what ``read`` does of a message that is cut into its parts already."""
    report = _read(message, _DEEPEST)
    if report is not None:
        return report
    something = message.fields or any(part.source.strip() for part in message.parts)
    what = "no form of bounce that is known here" if something else "nothing to read"
    return Report(defects=(Defect("message", what),))


def read_pasted(pasted: str) -> Report | None:
    """Return the report of a bounce without its mail: its words, or a service's notification."""
    return (
        ses_notification.read_json(pasted)
        or service_event.read_json(pasted)
        or text.read_pasted(pasted)
    )


def _read(message: Message, depth: int) -> Report | None:
    """Return the message's own report; that of a mail it carries, where its own names nobody."""
    own = _in_its_own_form(message)
    if (own is not None and _names_somebody(own)) or not depth:
        return own
    for carried in carried_by(message):
        report = _read(carried, depth - 1)
        if report is not None and (_names_somebody(report) or (own is None and report.outcomes)):
            sender = message.field("from") or "somebody"
            what = f"the report was not sent itself, but stands in a mail from {sender[:200]}"
            return replace(report, defects=(*report.defects, Defect("outer mail", what)))
    return own


def _in_its_own_form(message: Message) -> Report | None:
    for form in _FORMS:
        report = form(message)
        if report is not None:
            report = with_attempts(report, message)
            first_hop = None if report.generator else first_hop_of(message)
            return replace(report, from_=message.field("from"), first_hop=first_hop)
    return None


def _names_somebody(report: Report) -> bool:
    """Say whether a recipient stands in the report's own words, not only in what it returns."""
    return any(
        outcome.recipient and not outcome.inferred.get("recipient", "").startswith("the To field")
        for outcome in report.outcomes
    )
