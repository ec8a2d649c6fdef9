"""Read receipts: the message arrived, and its reader's program tells what became of it. RFC 8098."""

from whybounce.notation import first_field, header_fields, read_date, untyped
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Defect, Kind, Report


def read(message: Message) -> Report | None:
    """Return the report, or None where the message has no disposition-notification part."""
    part = message.first(
        "message/disposition-notification", "message/global-disposition-notification"
    )
    if part is None:
        return None
    fields = header_fields(part.text())
    original = read_original(message)
    recipient = _typed(fields, "final-recipient") or _typed(fields, "original-recipient")
    disposition = first_field(fields, "disposition")
    outcome = Outcome(
        recipient=recipient,
        original_recipient=_typed(fields, "original-recipient"),
        reply=Reply(f"Disposition: {disposition}") if disposition else None,
    )
    return Report(
        kind=Kind.READ_RECEIPT,
        form="rfc8098",
        generator=(first_field(fields, "reporting-ua") or "").partition(";")[0].strip() or None,
        date=read_date(message.field("date") or ""),
        envelope_id=first_field(fields, "original-envelope-id"),
        outcomes=(outcome,) if recipient else (),
        original=original,
        hops=hops_of(original) if original else (),
        defects=() if recipient else (Defect("disposition-notification", "no Final-Recipient"),),
    )


def _typed(fields: tuple[tuple[str, str], ...], name: str) -> str | None:
    value = first_field(fields, name)
    return untyped(value).strip("<> \t") or None if value else None
