"""Reports with a machine part: message/delivery-status, RFC 3464, and its global form, RFC 6533.

The machine part is believed, wherever it stands: as a part of its own, or as text where a relay
or a mail program has broken the MIME structure. Where it lacks a reply or a usable address, the
report's words are read for them, and the outcome says that this was inferred.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from whybounce.notation import (
    header_fields,
    read_date,
    read_text,
    unescape_address,
    untyped,
)
from whybounce.reading.account import text_of
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.reading.recipients import addresses_in, is_address
from whybounce.reading.told import Telling, action_told, told_by
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Defect, Kind, Original, Report
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

# Where the fields begin in a text; the field alone would be a quotation in somebody's prose.
_FIELDS_BEGIN = re.compile(
    r"^(?:Reporting-MTA|Original-Envelope-Id|Original-Recipient|Final-Recipient|Action):[^\n]*\n"
    r"(?=(?:[^\n]*\n){0,12}?(?:Final-Recipient|Action|Status):)",
    re.IGNORECASE | re.MULTILINE,
)
_FIELDS_END = re.compile(
    r"^(?:Return-Path|Received|Content-Type):|^--", re.IGNORECASE | re.MULTILINE
)

# RFC 3464 §2.3.4 lets words follow the code in parentheses; some say the reason nowhere else. What
# the class alone means is no reason.
_REMARK = re.compile(
    r"\(\s*(?!(?:permanent|persistent|transient|temporary|other|undefined|unknown)\b[^)]{0,40}\))([^()]{4,300}(?:\([^()]{0,100}\)[^()]{0,100})?)\)",
    re.IGNORECASE,
)

# Of these nothing went wrong that a reply would tell.
_NO_TROUBLE = (Action.DELIVERED, Action.RELAYED, Action.EXPANDED)

# Without any of them a group says nothing of what became of somebody.
_OF_A_RECIPIENT = {"final-recipient", "action", "status"}

Fields = Mapping[str, str]  # By name in lower case; of a field written twice, the first.


def read(message: Message) -> Report | None:
    """Return the report, or None where the message has no delivery-status fields."""
    fields = _status_fields(message)
    if fields is None:
        return None
    about_message, about_recipients = _groups(fields)
    generator = _server(about_message, "reporting-mta")
    defects: list[Defect] = []
    original = read_original(message)
    telling = Telling(message)
    outcomes = tuple(
        _outcome(
            group, generator, message, original, defects, telling, alone=len(about_recipients) == 1
        )
        for group in about_recipients[:_MOST_RECIPIENTS]
    )
    if not outcomes:
        defects.append(Defect("delivery-status", "no Final-Recipient"))
        outcomes = _told_outcomes(message, generator)
    return Report(
        kind=_kind(outcomes),
        form="rfc3464",
        generator=generator,
        date=_date(message.field("date")),
        arrival_date=_date(about_message.get("arrival-date")),
        envelope_id=about_message.get("original-envelope-id"),
        language=message.field("content-language"),
        outcomes=outcomes,
        original=original,
        hops=hops_of(original) if original else (),
        defects=tuple(defects),
    )


def _status_fields(message: Message) -> str | None:
    """Return the fields: their parts, or the run of them in a text where no part is theirs."""
    parts = [part.text() for part in message.parts if part.content_type in _STATUS_TYPES]
    if parts:
        return "\n\n".join(parts)  # Some gather what several systems reported.
    for leaf in message.parts:
        if not leaf.content_type.startswith(("text/plain", "multipart/", "application/octet-")):
            continue  # A file of no type is what some relays and mail programs make of the part.
        if not leaf.holds(b"inal-"):
            continue  # Cheap: the name is not there, in whatever encoding but base64.
        text = text_of(leaf)
        begin = _FIELDS_BEGIN.search(text)
        if begin and "final-recipient:" in text.lower():
            end = _FIELDS_END.search(text, begin.end())
            return text[begin.start() : end.start() if end else len(text)]
    return None


def _groups(text: str) -> tuple[Fields, list[Fields]]:
    """Return the fields about the message, and those about each recipient. RFC 3464 §2.1.

    Groups stand apart by blank lines; where a writer forgot them, a second Final-Recipient
    begins the next. What stands apart with an Original-Recipient alone belongs to the next one.
    """
    about_message: dict[str, str] = {}
    about_recipients: list[Fields] = []
    apart: Fields = {}
    for block in text.replace("\r\n", "\n").split("\n\n"):
        group: dict[str, str] = {}
        for written, value in header_fields(block):
            name = written.lower()
            if name == "final-recipient" and group.get(name):
                about_recipients.append(group)
                group = {}
            group.setdefault(name, value)
        if group.get("final-recipient") or group.get("original-recipient"):
            if apart and "original-recipient" not in group:
                about_recipients[-1] = {**apart, **group}
            else:
                about_recipients.append(group)
            apart = {} if group.keys() & _OF_A_RECIPIENT else group
        else:
            about_message = group | about_message
    # Where no blank line ends the message's own fields, they stand in the first recipient's group.
    return {**(about_recipients[0] if about_recipients else {}), **about_message}, about_recipients


def _outcome(
    group: Fields,
    generator: str | None,
    message: Message,
    original: Original | None,
    defects: list[Defect],
    telling: Telling,
    *,
    alone: bool,
) -> Outcome:
    recipient, inferred = _recipient(group, message, original)
    original_recipient = _address(_typed(group, "original-recipient"))
    status = _status(group.get("status"), defects)
    outcome = Outcome(
        recipient=recipient,
        original_recipient=original_recipient,
        action=_action(group.get("action"), status, defects),
        status=status,
        remote=_server(group, "remote-mta"),
        last_attempt=_date(group.get("last-attempt-date")),
        will_retry_until=_date(group.get("will-retry-until")),
        inferred=inferred,
    )
    said = group.get("diagnostic-code") or ""
    if not said.lower().startswith("x-unix"):  # RFC 3464 §2.3.6: the type tells what the value is.
        said = untyped(said)
    quoted = read_text(said) if said else None
    inferred_reply: dict[str, str] = {}
    if quoted is None and outcome.action not in _NO_TROUBLE:
        quoted, inferred_reply = _told_of(outcome.recipient, group, telling, alone=alone)
    return _with_reply(outcome, quoted, inferred_reply, generator, telling)


def _recipient(
    group: Fields, message: Message, original: Original | None
) -> tuple[str | None, dict[str, str]]:
    """Return whom the group is about, and the rule where Final-Recipient holds no address.

    Some write a command, a route, an X.400 name or a local name there.
    """
    final = _without_route(_address(_typed(group, "final-recipient")))
    stated = _address(_typed(group, "original-recipient"))
    if final is None or is_address(final):
        return final or stated, {}
    if stated and is_address(stated):
        return stated, {"recipient": "Original-Recipient; Final-Recipient holds no address"}
    addressed = addresses_in(original.to if original else None)
    local = [address for address in addressed if address.partition("@")[0].lower() == final.lower()]
    if len(local) == 1:
        return local[0], {"recipient": "the To field of the original; Final-Recipient is a name"}
    within = list(dict.fromkeys(addresses_in(final)))
    if len(within) == 1 and not final.startswith("@"):
        return within[0], {"recipient": "the only address in Final-Recipient"}
    told = told_by(message)
    if told and len(told[2]) == 1:
        rule = "the text of the report; Final-Recipient holds no address"
        return told[2][0].recipient, {"recipient": rule}
    return final, {}


def _told_outcomes(message: Message, generator: str | None) -> tuple[Outcome, ...]:
    """Return whom the report's words name, where its machine part names nobody."""
    told = told_by(message)
    if told is None:
        return ()
    rule = {
        "recipient": "the text of the report; its machine part names nobody",
        "action": "the words of the text",
    }
    action = action_told(message, told[0])
    return tuple(
        replace(
            outcome,
            action=action,
            status=outcome.status or (outcome.reply.status if outcome.reply else None),
            rejected_by=outcome.remote or generator,
            inferred={**rule, **outcome.inferred},
        )
        for outcome in told[2]
    )


def _told_of(
    recipient: str | None, group: Fields, telling: Telling, *, alone: bool
) -> tuple[Outcome | None, dict[str, str]]:
    """Return what is said where no Diagnostic-Code says it, and the rule.

    A reply in the report's words goes first, the Status field's remark before other words.
    """
    told = telling.about(recipient, alone=alone) if recipient else None
    remark = _REMARK.search(group.get("status", ""))
    if remark is not None and not (told and told.reply and told.reply.code):
        return Outcome(reply=Reply(remark[1].strip())), {"reply": "the remark in the Status field"}
    return told, {"reply": "what the text of the report says about the recipient"} if told else {}


def _with_reply(
    outcome: Outcome,
    quoted: Outcome | None,
    inferred_reply: Mapping[str, str],
    generator: str | None,
    telling: Telling,
) -> Outcome:
    """Add what was said, by whom, and to which command.

    No remote server named: the generating server itself refused. Remote named: the remote did.
    """
    inferred = {**outcome.inferred, **inferred_reply}
    if quoted is None:
        return replace(outcome, rejected_by=outcome.remote or generator)
    remote = outcome.remote or quoted.remote
    status = outcome.status
    if status is not None and (own := _code_of(quoted.reply)) not in {None, status}:
        inferred["status"] = f"the code in the reply itself; the Status field says {status}"
        status = own
    command = quoted.command
    if command is None and outcome.recipient and outcome.action not in _NO_TROUBLE:
        command = telling.command(outcome.recipient)
        if command is not None:
            inferred["command"] = "what the text of the report says was answered"
    return replace(
        outcome,
        status=status,
        reply=quoted.reply,
        command=command,
        remote=remote,
        rejected_by=remote or generator,
        reply_from=quoted.reply_from,
        inferred=inferred,
    )


def _code_of(reply: Reply | None) -> StatusCode | None:
    """Return the code that whoever replied gave: it knows better than who reports it.

    A Status field is the reporter's summary, often 5.0.0 or 4.4.7. Words in front of the reply
    that are no reply themselves (``5.1.0 - Unknown address error 550-'5.7.1 ...'``) do not count.
    """
    chain: list[Reply] = []
    while reply is not None:
        chain.append(reply)
        reply = reply.inner
    replies = [one for one in chain if one.code is not None] or chain
    return next((one.status for one in (*replies, *chain) if one.status), None)


def _kind(outcomes: Sequence[Outcome]) -> Kind:
    actions = {outcome.action for outcome in outcomes}
    return next((kind for action, kind in _KINDS if action in actions), Kind.FAILURE)


def _typed(fields: Fields, name: str) -> str | None:
    """Return the field's value without its type; None where the field is absent or empty."""
    value = fields.get(name)
    return untyped(value) or None if value else None


# A host, the dot of the DNS' root, and remarks: Gmail's ``mx.example.org. (192.0.2.1, the server for …)``.
_HOST_AND_REMARKS = re.compile(r"([^\s()]+?)\.?(?:\s*\(.*)?", re.DOTALL)


def _server(fields: Fields, name: str) -> str | None:
    """Return the server that the field names, without remarks. RFC 3464 §2.1.1."""
    value = _typed(fields, name)
    if value is None or not (value.endswith(".") or "(" in value):
        return value
    host = _HOST_AND_REMARKS.fullmatch(value)
    return host[1] if host else value


def _address(value: str | None) -> str | None:
    """Return the address without brackets, and with RFC 6533 §3's letters written out."""
    return unescape_address(value.strip("<> \t")) or None if value else None


def _without_route(value: str | None) -> str | None:
    """Drop the route before an address: RFC 5321 appendix C has it ignored."""
    if value is None or not value.startswith("@"):
        return value
    address = value.rpartition(":")[2]
    return address if is_address(address) and "." in address.rpartition("@")[2] else value


_NO_LETTER = re.compile(r"[^a-z]")
_CODE = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})")
_ACTIONS = {action.value: action for action in Action}
# What some write for "failed"; RFC 3464 §2.3.3 has five words only.
_OTHER_WORDS = {"expired": Action.FAILED, "failure": Action.FAILED, "fail": Action.FAILED}


def _action(value: str | None, status: StatusCode | None, defects: list[Defect]) -> Action | None:
    word = _NO_LETTER.split((value or "").strip().lower(), maxsplit=1)[0]
    if (action := _ACTIONS.get(word)) is not None:
        return action
    defects.append(Defect("delivery-status", f"no Action that is known: {word[:40]!r}"))
    if word == "deferred" or (word not in _OTHER_WORDS and status and status.class_ == 4):
        return Action.DELAYED if word == "deferred" else None
    return _OTHER_WORDS.get(word)


def _status(value: str | None, defects: list[Defect]) -> StatusCode | None:
    match = _CODE.match(value or "")
    if match is None:
        defects.append(Defect("delivery-status", "no Status"))
        return None
    return StatusCode.parse(match[1])


def _date(value: str | None) -> datetime | None:
    return read_date(value) if value else None
