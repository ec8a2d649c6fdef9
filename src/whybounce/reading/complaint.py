"""Complaints: somebody pressed "this is spam", and their provider tells the sender. RFC 5965."""

import re

from whybounce.notation import header_fields, read_date
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Defect, Kind, Report

_ADDRESS = re.compile(r"[^\s<>,;:\"]{1,128}@[^\s<>,;:\"\[\]]{1,255}")
_MOST_RECIPIENTS = 1_000


def read(message: Message) -> Report | None:
    """Return the report, or None where the message has no feedback-report part."""
    part = message.first("message/feedback-report")
    if part is None:
        return None
    fields = [(name.lower(), value) for name, value in header_fields(part.text())]
    original = read_original(message)
    stated = [value for name, value in fields if name == "original-rcpt-to"]
    # RFC 5965 §3.2: Original-Rcpt-To is optional; the original's To is the next best.
    inferred = {} if stated else {"recipient": "the To field of the original"}
    named = stated or [original.to or "" if original else ""]
    recipients = [address for value in named for address in _ADDRESS.findall(value)]
    about = dict(reversed(fields))
    return Report(
        kind=Kind.COMPLAINT,
        form="rfc5965",
        generator=about.get("reporting-mta", "").rpartition(";")[2].strip() or None,
        date=read_date(message.field("date") or ""),
        arrival_date=read_date(about.get("arrival-date") or about.get("received-date") or ""),
        envelope_id=about.get("original-envelope-id"),
        outcomes=tuple(
            Outcome(recipient=recipient, inferred=inferred)
            for recipient in dict.fromkeys(recipients[:_MOST_RECIPIENTS])
        ),
        original=original,
        hops=hops_of(original) if original else (),
        defects=() if recipients else (Defect("feedback-report", "no recipient is named"),),
    )
