"""Read receipts: the message arrived, and its reader's program tells what became of it. RFC 8098.

A filter of the recipient's may refuse a message in this form: it says that it deleted the message by
itself, and in its words why. RFC 5429 §2.2.
"""

import re

from whybounce.notation import first_field, header_fields, read_date, read_text, untyped
from whybounce.reading.account import accounts_of
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Defect, Kind, Report

_DELETED_BY_ITSELF = re.compile(r"automatic-action\b.{0,80}\bdeleted\b", re.IGNORECASE | re.DOTALL)
_REFUSED = re.compile(r"\b(?:reject|refus|not (?:been )?(?:deliver|accept))", re.IGNORECASE)


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
    refusal = _refusal(message, disposition)
    reply = Reply(f"Disposition: {disposition}") if disposition else None
    outcome = Outcome(
        recipient=recipient,
        original_recipient=_typed(fields, "original-recipient"),
        action=Action.FAILED if refusal else None,
        reply=read_text(refusal).reply if refusal else reply,
        inferred={"action": "the words of the text"} if refusal else {},
    )
    return Report(
        kind=Kind.FAILURE if refusal else Kind.READ_RECEIPT,
        form="rfc8098",
        generator=(first_field(fields, "reporting-ua") or "").partition(";")[0].strip() or None,
        date=read_date(message.field("date") or ""),
        envelope_id=first_field(fields, "original-envelope-id"),
        outcomes=(outcome,) if recipient else (),
        original=original,
        hops=hops_of(original) if original else (),
        defects=() if recipient else (Defect("disposition-notification", "no Final-Recipient"),),
    )


def _refusal(message: Message, disposition: str | None) -> str | None:
    """Return the words of a filter that refused the message; None where somebody just read it."""
    if disposition is None or not _DELETED_BY_ITSELF.search(disposition):
        return None
    account = next(accounts_of(message), None)
    if account is None or not _REFUSED.search(account.text):
        return None
    return account.text.strip()


def _typed(fields: tuple[tuple[str, str], ...], name: str) -> str | None:
    value = first_field(fields, name)
    return untyped(value).strip("<> \t") or None if value else None
