"""Complaints: somebody pressed "this is spam", and their provider tells the sender. RFC 5965."""

from whybounce.notation import header_fields, read_date, untyped
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.reading.recipients import addresses_in
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Defect, Kind, Original, Report

_MOST_RECIPIENTS = 1_000
_RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient")
_HOTMAIL = "x-hmxmroriginalrecipient"

# Where the complaint does not say who complained, the fields of the original that do, surest first.
_NAMING_FIELDS = ("x-original-to", "x-apparently-to", "delivered-to", "to", "cc")


def read(message: Message) -> Report | None:
    """Return the report, or None where the message is no complaint."""
    part = message.first("message/feedback-report")
    if part is None:
        return _hotmail(message)
    fields = header_fields(part.text())
    original = read_original(message)
    about = {name.lower(): value for name, value in reversed(fields)}
    recipients, inferred = _recipients(fields, original)
    return Report(
        kind=Kind.COMPLAINT,
        form="rfc5965",
        generator=untyped(about.get("reporting-mta", "")) or None,
        date=read_date(message.field("date") or ""),
        arrival_date=read_date(about.get("arrival-date") or about.get("received-date") or ""),
        envelope_id=about.get("original-envelope-id"),
        feedback_type=about.get("feedback-type", "").strip().lower() or None,
        outcomes=tuple(Outcome(recipient=recipient, inferred=inferred) for recipient in recipients),
        original=original,
        hops=hops_of(original) if original else (),
        defects=() if recipients else (Defect("feedback-report", "no recipient is named"),),
    )


def _recipients(
    fields: tuple[tuple[str, str], ...], original: Original | None
) -> tuple[list[str], dict[str, str]]:
    """Return who complained: RFC 5965 §3.2 names them optionally, the original's header else."""
    named = [value for name, value in fields if name.lower() in _RECIPIENT_FIELDS]
    if stated := _addresses(named):
        return stated, {}
    headers = original.headers if original else ()
    if original and len(addressee := _addresses([original.to or ""])) == 1:
        return addressee, {"recipient": "the To field of the original"}
    for name in _NAMING_FIELDS:
        values = [value for field, value in headers if field.lower() == name]
        if found := _addresses(values):
            return found, {"recipient": f"the {name.title()} field of the original"}
    return [], {}


def _hotmail(message: Message) -> Report | None:
    """Read what Outlook.com's junk mail reporting sends: the message, and one field before it."""
    if message.first("message/rfc822") is None:
        return None
    original = read_original(message)
    if original is None:
        return None
    named = [value for name, value in original.headers if name.lower() == _HOTMAIL]
    if not named:
        return None
    return Report(
        kind=Kind.COMPLAINT,
        form="hotmail-jmrp",
        feedback_type="abuse",
        date=read_date(message.field("date") or ""),
        outcomes=tuple(Outcome(recipient=recipient) for recipient in _addresses(named)),
        original=original,
        hops=hops_of(original),
    )


def _addresses(values: list[str]) -> list[str]:
    found = (address for value in values for address in addresses_in(value))
    return list(dict.fromkeys(found))[:_MOST_RECIPIENTS]
