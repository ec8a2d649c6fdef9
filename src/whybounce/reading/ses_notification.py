"""Amazon SES's notifications: JSON by SNS, mailed or posted, instead of a bounce.

The notification stands alone or, as text, in the Message of an SNS envelope. A bounce lists its
recipients with their DSN fields; complaints and deliveries name theirs.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from whybounce.notation import read_text, read_timestamp, untyped
from whybounce.reading.mime import Message, Part
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Defect, Kind, Original, Report
from whybounce.vocabulary.status_code import StatusCode

_LONGEST = 1_048_576
_MOST_RECIPIENTS = 1_000

_MARK = re.compile(r"\\?\"(?:notificationType|eventType)\\?\"\s*:")
_KINDS = {
    "bounce": Kind.FAILURE,
    "complaint": Kind.COMPLAINT,
    "delivery": Kind.SUCCESS,
    "deliverydelay": Kind.DELAY,
    "reject": Kind.FAILURE,
}
_ACTIONS = {
    Kind.FAILURE: Action.FAILED,
    Kind.SUCCESS: Action.DELIVERED,
    Kind.DELAY: Action.DELAYED,
}


def read(message: Message) -> Report | None:
    """Return the report, or None where no text part holds such a notification."""
    text = next(
        (
            p.text()
            for p in message.parts
            if p.content_type.startswith(("text/plain", "application/json")) and _may_hold_json(p)
        ),
        "",
    )
    return read_json(text)


def _may_hold_json(part: Part) -> bool:
    """Say whether it is worth decoding: in base64 a brace is not to be seen."""
    encoding = part.field("content-transfer-encoding") or ""
    return part.holds(b"{") or encoding.strip().lower() == "base64"


def read_json(text: str) -> Report | None:
    """Return the report that the JSON holds, with or without SNS's envelope around it; or None."""
    if "Type" not in text or not _MARK.search(text[:_LONGEST]):
        return None
    notification = _notification(text[:_LONGEST])
    kind_name = notification.get("notificationType") or notification.get("eventType")
    kind = _KINDS.get(str(kind_name).lower().replace(" ", ""))
    if kind is None:
        return None
    about = next(
        (
            _object(notification, name)
            for name in ("bounce", "complaint", "delivery", "deliveryDelay", "reject")
            if name in notification
        ),
        {},
    )
    mail = _object(notification, "mail")
    generator = untyped(_text(about, "reportingMTA") or "") or None
    outcomes = tuple(_outcomes(about, mail, kind, generator))
    return Report(
        kind=kind,
        form="amazon-ses",
        generator=generator,
        date=_time(about, "timestamp"),
        arrival_date=_time(mail, "timestamp"),
        envelope_id=_text(mail, "messageId"),
        feedback_type=_text(about, "complaintFeedbackType"),
        outcomes=outcomes,
        original=_original(mail),
        defects=() if outcomes else (Defect("notification", "no recipient is named"),),
    )


def _notification(text: str) -> dict[str, Any]:
    """Return the innermost object: SNS puts the notification as text into its Message."""
    found = _decoded(text)
    inner = found.get("Message")
    return _decoded(inner) if isinstance(inner, str) else found


def _decoded(text: str) -> dict[str, Any]:
    """Read the first object in the text; what a mail program has folded into lines is unfolded."""
    begin = text.find("{")
    end = text.rfind("}")
    for candidate in (text[begin : end + 1], re.sub(r"\r?\n[ \t]?", "", text[begin : end + 1])):
        try:
            found = msgspec.json.decode(candidate)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def _outcomes(
    about: dict[str, Any], mail: dict[str, Any], kind: Kind, generator: str | None
) -> Iterator[Outcome]:
    listed = next(
        (
            about[name]
            for name in (
                "bouncedRecipients",
                "complainedRecipients",
                "delayedRecipients",
                "recipients",
            )
            if isinstance(about.get(name), list)
        ),
        mail.get("destination") if kind is Kind.FAILURE else None,
    )
    for entry in (listed if isinstance(listed, list) else [])[:_MOST_RECIPIENTS]:
        fields = entry if isinstance(entry, dict) else {"emailAddress": entry}
        address = _text(fields, "emailAddress")
        if address is None:
            continue
        said = (
            _text(fields, "diagnosticCode")
            or _text(about, "smtpResponse")
            or _text(about, "reason")
        )
        quoted = read_text(untyped(said)) if said else Outcome()
        remote = _text(about, "remoteMtaIp") if kind is Kind.SUCCESS else quoted.remote
        yield Outcome(
            recipient=address.strip("<> "),
            action=_ACTIONS.get(kind),
            status=StatusCode.parse(_text(fields, "status") or "")
            or (quoted.reply.status if quoted.reply else None),
            reply=quoted.reply,
            command=quoted.command,
            remote=remote,
            rejected_by=(quoted.remote or generator) if kind is Kind.FAILURE else None,
            reply_from=quoted.reply_from,
        )


def _original(mail: dict[str, Any]) -> Original | None:
    if not mail:
        return None
    listed = mail.get("headers")
    headers = tuple(
        (str(field.get("name")), str(field.get("value")))
        for field in (listed if isinstance(listed, list) else [])
        if isinstance(field, dict)
    )
    common = _object(mail, "commonHeaders")
    destination = mail.get("destination")
    to = destination if isinstance(destination, list) else []
    return Original(
        message_id=_text(common, "messageId"),
        from_=_text(mail, "source"),
        to=", ".join(address for address in to if isinstance(address, str)) or None,
        subject=_text(common, "subject"),
        headers=headers,
    )


def _object(of: dict[str, Any], name: str) -> dict[str, Any]:
    value = of.get(name)
    return value if isinstance(value, dict) else {}


def _text(of: dict[str, Any], name: str) -> str | None:
    value = of.get(name)
    return value or None if isinstance(value, str) else None


def _time(of: dict[str, Any], name: str) -> datetime | None:
    return read_timestamp(_text(of, name) or "")
