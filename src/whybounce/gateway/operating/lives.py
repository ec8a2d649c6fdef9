"""What became of messages: the store's rows as the happenings that people and programs are told.

Pure: rows go in, the shapes of ``wire.lives`` come out.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import structs

from whybounce.catalogue import catalogue
from whybounce.gateway.operating.sentences import event_sentence, sentence
from whybounce.gateway.reply_causes import CauseOf
from whybounce.gateway.store.rows import (
    Attempt,
    Entry,
    Event,
    Life,
    Outcome,
    QueuedMessage,
    QueuedRecipient,
    Session,
    State,
    Told,
)
from whybounce.gateway.store.untried import UNTRIED, latest_of, met_of
from whybounce.notation import decoded_words, writable
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.wire import SCHEMA
from whybounce.wire.lives import Happening, MessageStanding, RecipientStanding, Traced
from whybounce.wire.times import timestamp
from whybounce.wording import printable

# "mailbox-full by mailbox_has_room (evidence): 552 5.2.2 …", as inbound writes a verdict down.
_VERDICT = re.compile(
    r"(?P<cause>[a-z0-9-]+)(?: by (?P<by>.{1,500}?))?: (?P<said>[245][0-9]{2} .*)", re.DOTALL
)
_CAUSE = re.compile(r"(?P<cause>[a-z0-9-]+)(?P<by>): (?P<said>.*)", re.DOTALL)

_FACTS = ("cause", "remote", "address", "tls", "command", "due", "report")
_COPY = "expanded"  # The fact that a copy's session carries.


def life_told(life: Life, cause_of: CauseOf) -> Traced:
    """Return a message's life, oldest first."""
    latest = latest_of(life)
    told = sorted(_happenings(life, cause_of), key=lambda each: each[0])
    return Traced(
        schema=SCHEMA,
        message=standing(life.entry, latest, cause_of),
        happenings=[each for _, each in told],
    )


def events_told(events: tuple[Event, ...]) -> Traced:
    """Return what happened to no message, oldest first."""
    ordered = sorted(events, key=lambda each: each.time)
    return Traced(
        schema=SCHEMA, message=None, happenings=[_event(each, each.address) for each in ordered]
    )


def standing(entry: Entry, latest: Mapping[int, Attempt], cause_of: CauseOf) -> MessageStanding:
    """Return a message with where each of its recipients stands.

    Args:
        entry: The message.
        latest: The last attempt of each recipient that was tried, by its number.
        cause_of: Explains what a server said.

    """
    message = entry.message
    return MessageStanding(
        id=message.id,
        sender=message.sender,
        message_id=message.message_id,
        subject=None if message.subject is None else writable(decoded_words(message.subject)),
        size=message.size,
        arrived=timestamp(message.arrived),
        expires=timestamp(message.expires),
        finished=timestamp(message.finished),
        about=message.about,
        recipients=[
            _recipient(each, latest.get(each.number), cause_of) for each in entry.recipients
        ],
    )


def _recipient(
    recipient: QueuedRecipient, attempt: Attempt | None, cause_of: CauseOf
) -> RecipientStanding:
    end = recipient.outcome
    cause, said = _why(end, attempt, cause_of)
    return RecipientStanding(
        number=recipient.number,
        address=recipient.address,
        state=recipient.state,
        ending=end.terminal if end else None,
        cause=cause,
        owner=_owner(cause),
        said=said,
        remote=end.remote if end else attempt.remote if attempt else None,
        tries=recipient.tries,
        due=timestamp(recipient.due),
        told=end.told if end else None,
        report=end.report if end else None,
    )


def _why(
    end: Outcome | None, attempt: Attempt | None, cause_of: CauseOf
) -> tuple[str | None, str | None]:
    """Return the cause and the words of a recipient's failure, or of its last try."""
    if end is None:
        return (None, None) if attempt is None else _of_attempt(attempt, cause_of)
    said = end.reply or None
    if not end.terminal.is_failure:
        return None, said
    return end.cause or (cause_of(said) if said else None), said


def _of_attempt(attempt: Attempt, cause_of: CauseOf) -> tuple[str | None, str | None]:
    if attempt.error is not None:
        cause, _, evidence = attempt.error.partition(": ")
        known = cause in catalogue().causes
        return (cause, evidence or cause) if known else (None, attempt.error)
    if attempt.code is not None and attempt.code < 400:
        return None, attempt.reply
    return (cause_of(attempt.reply) if attempt.reply else None), attempt.reply


# The happenings, each with its place: by time, and what is of one moment in the order of life.

Placed = tuple[tuple[datetime, int], Happening]


def _happenings(life: Life, cause_of: CauseOf) -> Iterator[Placed]:
    message, recipients = life.entry.message, life.entry.recipients
    addresses = {each.number: each.address for each in recipients}
    yield (message.arrived, 0), _accepted(message, len(recipients))
    for attempt in life.attempts:
        yield (attempt.time, 1), _attempt(attempt, addresses.get(attempt.number), cause_of)
    for event in life.events:
        address = event.address if event.number is None else addresses.get(event.number)
        if event.kind == UNTRIED:
            yield (event.time, 1), _untried(event, address, cause_of)
        else:
            yield (event.time, 3), _event(event, address)
    tried = latest_of(life)
    for recipient in recipients:
        last = tried.get(recipient.number)
        since = max(last.time, message.arrived) if last else message.arrived
        yield from _ending(recipient, message, cause_of)
        if recipient.state is State.QUEUED and recipient.due is not None:
            yield (since, 2), _waiting(recipient, since, message)


def _accepted(message: QueuedMessage, count: int) -> Happening:
    session = message.session
    whom = sentence("one" if count == 1 else "several", count=str(count))
    if session is None or _COPY in session.facts:
        key = "copy" if session else "notice" if message.about else "written"
        text = sentence(key, count=whom, about=message.about or "")
        return _happening(message.arrived, "accepted", None, None, text)
    client = _client(session)
    text = sentence(
        "accepted",
        client=client,
        account=sentence("account", name=session.account) if session.account else "",
        tls=_tls(session.tls),
        count=whom,
    )
    return _happening(
        message.arrived, "accepted", client, None, text, address=session.client, tls=session.tls
    )


def _attempt(attempt: Attempt, recipient: str | None, cause_of: CauseOf) -> Happening:
    cause, said = _of_attempt(attempt, cause_of)
    remote = _named(attempt.remote, attempt.address)
    if attempt.error is not None:
        key = "obstructed-at" if attempt.remote else "obstructed"
        text = sentence(key, remote=remote, title=_title(cause), said=_as_sentence(said or ""))
    else:
        key = "answered" if attempt.command else "spoke"
        text = sentence(
            key,
            remote=remote,
            command=attempt.command or "",
            tls=_tls(attempt.tls) if attempt.address else "",
            said=attempt.reply or "",
        )
    return _happening(
        attempt.time,
        "attempt",
        attempt.remote,
        recipient,
        text,
        said=said,
        cause=cause,
        remote=attempt.remote,
        address=attempt.address,
        tls=attempt.tls,
        command=attempt.command,
    )


def _untried(event: Event, recipient: str | None, cause_of: CauseOf) -> Happening:
    met = _attempt(met_of(event), recipient, cause_of)
    text = sentence("untried", met=met.text)
    return structs.replace(met, kind=event.kind, text=text)


def _ending(
    recipient: QueuedRecipient, message: QueuedMessage, cause_of: CauseOf
) -> Iterator[Placed]:
    end = recipient.outcome
    if end is None:
        return
    cause, said = _why(end, None, cause_of)
    text = sentence(end.terminal, title=_title(cause), remote=end.remote or sentence("next"))
    yield (
        (end.time, 4),
        _happening(
            end.time,
            end.terminal,
            end.remote,
            recipient.address,
            text,
            said=said,
            cause=cause,
            remote=end.remote,
        ),
    )
    if end.told is not None:
        about_told = sentence(end.told, report=end.report or "")
        whom = message.sender if end.told is Told.REPORTED else None
        yield (
            (end.time, 5),
            _happening(end.time, "report", whom, recipient.address, about_told, report=end.report),
        )


def _waiting(recipient: QueuedRecipient, since: datetime, message: QueuedMessage) -> Happening:
    if recipient.node is not None:
        text = sentence("tried", node=recipient.node)
        return _happening(since, "attempt", recipient.node, recipient.address, text)
    due, expires = timestamp(recipient.due), timestamp(message.expires)
    text = sentence("deferred", due=due or "", expires=expires or "")
    return _happening(since, "deferred", None, recipient.address, text, due=due)


def _event(event: Event, recipient: str | None) -> Happening:
    cause, by, said = _of_event(event)
    text = event_sentence(
        event.kind,
        who=event.actor,
        by=sentence("policy", name=by) if by else "",
        text=said,
        why=f" {_as_sentence(said)}" if said else "",
    )
    return _happening(
        event.time, event.kind, event.actor, recipient, text, said=said or None, cause=cause
    )


def _of_event(event: Event) -> tuple[str | None, str, str]:
    """Return the cause that an event begins with, the policy that found it, and what was said."""
    found = _VERDICT.match(event.text) or _CAUSE.match(event.text)
    if found is None or found["cause"] not in catalogue().causes:
        return None, "", event.text
    return found["cause"], found["by"] or "", found["said"]


def _happening(
    time: datetime, kind: str, who: str | None, recipient: str | None, text: str, **more: str | None
) -> Happening:
    """Return it, with nothing in it that could disturb a terminal."""
    said = more.get("said")
    facts = {key: more.get(key) for key in _FACTS}
    return Happening(
        time=timestamp(time),
        kind=kind,
        who=who,
        recipient=recipient,
        text=printable(writable(text)),
        said=None if said is None else printable(writable(said)),
        **facts,
    )


def _client(session: Session) -> str:
    return _named(session.hostname or session.helo, session.client) or sentence("nobody")


def _named(name: str | None, address: str | None) -> str:
    if name and address and name.strip("[]").removeprefix("IPv6:") != address:
        return f"{name} [{address}]"
    return f"[{address}]" if address else name or ""


def _tls(tls: str | None) -> str:
    return sentence("encrypted", tls=tls) if tls else sentence("clear")


def _title(cause: str | None) -> str:
    known = catalogue().causes.get(cause or "")
    return known.words.title if known else sentence("untitled")


def _owner(cause: str | None) -> FixItOwner | None:
    known = catalogue().causes.get(cause or "")
    return known.owner if known else None


def _as_sentence(said: str) -> str:
    return said if said.endswith((".", "!", "?")) else f"{said}."
