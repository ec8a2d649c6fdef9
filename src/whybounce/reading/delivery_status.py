"""Reports with a machine part: message/delivery-status, RFC 3464, and its global form, RFC 6533.

The machine part is believed. Where it lacks a reply, the paragraph of the text part about the
recipient is read for one, and the outcome says that this was inferred.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from whybounce.notation import first_field, header_fields, read_date, read_text, untyped
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Defect, Kind, Report
from whybounce.vocabulary.status_code import StatusCode

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")

_MOST_RECIPIENTS = 10_000

# The gravest action decides what the whole report is.
_KINDS = (
    (Action.FAILED, Kind.FAILURE),
    (Action.DELAYED, Kind.DELAY),
    (Action.RELAYED, Kind.RELAYED),
    (Action.EXPANDED, Kind.EXPANDED),
    (Action.DELIVERED, Kind.SUCCESS),
)

Fields = Sequence[tuple[str, str]]


def read(message: Message) -> Report | None:
    """Return the report, or None where the message has no delivery-status part."""
    part = message.first(*_STATUS_TYPES)
    if part is None:
        return None
    about_message, about_recipients = _groups(part.text())
    generator = _typed(about_message, "reporting-mta")
    defects: list[Defect] = []
    outcomes = tuple(
        _outcome(group, generator, message, defects)
        for group in about_recipients[:_MOST_RECIPIENTS]
    )
    if not outcomes:
        defects.append(Defect("delivery-status", "no Final-Recipient"))
    original = read_original(message)
    return Report(
        kind=_kind(outcomes),
        form="rfc3464",
        generator=generator,
        date=_date(message.field("date")),
        arrival_date=_date(first_field(about_message, "arrival-date")),
        envelope_id=first_field(about_message, "original-envelope-id"),
        language=message.field("content-language"),
        outcomes=outcomes,
        original=original,
        hops=hops_of(original) if original else (),
        defects=tuple(defects),
    )


def _groups(text: str) -> tuple[Fields, list[Fields]]:
    """Return the fields about the message, and those about each recipient. RFC 3464 §2.1.

    Groups stand apart by blank lines; where a writer forgot them, a second Final-Recipient
    begins the next.
    """
    about_message: list[tuple[str, str]] = []
    about_recipients: list[Fields] = []
    for block in re.split(r"(?:\r?\n){2,}", text.strip()):
        group: list[tuple[str, str]] = []
        for name, value in header_fields(block):
            if name.lower() == "final-recipient" and first_field(group, "final-recipient"):
                about_recipients.append(group)
                group = []
            group.append((name, value))
        if first_field(group, "final-recipient") or first_field(group, "original-recipient"):
            about_recipients.append(group)
        else:
            about_message += group
    # Where no blank line ends the message's own fields, they stand in the first recipient's group.
    return [*about_message, *(about_recipients[0] if about_recipients else ())], about_recipients


def _outcome(
    group: Fields, generator: str | None, message: Message, defects: list[Defect]
) -> Outcome:
    recipient = _address(_typed(group, "final-recipient"))
    original = _address(_typed(group, "original-recipient"))
    remote = _typed(group, "remote-mta")
    outcome = Outcome(
        recipient=recipient or original,
        original_recipient=original,
        action=_action(first_field(group, "action"), defects),
        status=_status(first_field(group, "status"), defects),
        remote=remote,
        last_attempt=_date(first_field(group, "last-attempt-date")),
        will_retry_until=_date(first_field(group, "will-retry-until")),
    )
    return _with_reply(outcome, _typed(group, "diagnostic-code"), generator, message)


def _with_reply(
    outcome: Outcome, said: str | None, generator: str | None, message: Message
) -> Outcome:
    """Add what was said, by whom, and to which command.

    No remote server named: the generating server itself refused. Remote named: the remote did.
    """
    inferred: dict[str, str] = {}
    if not said and (said := _paragraph_about(outcome.recipient, message)):
        inferred["reply"] = "the paragraph of the text part about the recipient"
    if not said:
        return replace(outcome, rejected_by=outcome.remote or generator)
    quoted = read_text(said)
    if inferred and (quoted.reply is None or quoted.reply.code is None):
        return replace(outcome, rejected_by=outcome.remote or generator)
    remote = outcome.remote or quoted.remote
    return replace(
        outcome,
        reply=quoted.reply,
        command=quoted.command,
        remote=remote,
        rejected_by=remote or generator,
        reply_from=quoted.reply_from,
        inferred=inferred,
    )


def _paragraph_about(recipient: str | None, message: Message) -> str:
    """Return the text part's paragraph that names the recipient and what follows it, if any."""
    part = message.first("text/plain")
    if recipient is None or part is None:
        return ""
    text = part.text()[:65536].replace("\r\n", "\n")
    at = text.lower().find(recipient.lower())
    if at < 0:
        return ""
    start = text.rfind("\n\n", 0, at) + 2
    return text[max(start, 0) :][:2000].partition("\n\n")[0]


def _kind(outcomes: Sequence[Outcome]) -> Kind:
    actions = {outcome.action for outcome in outcomes}
    return next((kind for action, kind in _KINDS if action in actions), Kind.FAILURE)


def _typed(fields: Fields, name: str) -> str | None:
    """Return the field's value without its type; None where the field is absent or empty."""
    value = first_field(fields, name)
    return untyped(value) or None if value else None


def _address(value: str | None) -> str | None:
    return value.strip("<> \t") or None if value else None


def _action(value: str | None, defects: list[Defect]) -> Action | None:
    word = (value or "").split(" ")[0].strip().lower()
    if word in list(Action):
        return Action(word)
    defects.append(Defect("delivery-status", f"no Action that is known: {word[:40]!r}"))
    return None


def _status(value: str | None, defects: list[Defect]) -> StatusCode | None:
    match = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", value or "")
    if match is None:
        defects.append(Defect("delivery-status", "no Status"))
        return None
    return StatusCode.parse(match[1])


def _date(value: str | None) -> datetime | None:
    return read_date(value) if value else None
