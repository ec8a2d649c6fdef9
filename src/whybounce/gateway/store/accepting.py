"""Taking messages in: the message, its recipients, its body and its counts, all or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from whybounce.gateway.store import bodies, calling, counting, recording
from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.errors import BodyGoneError, StoreError
from whybounce.gateway.store.hints import Due
from whybounce.gateway.store.rows import CallKind, Complaint, Event, Fact, Outgoing, State
from whybounce.gateway.store.tables import messages, recipients
from whybounce.gateway.store.writer import Transaction

_MESSAGES = Bulk(insert(messages))
_RECIPIENTS = Bulk(insert(recipients))


@dataclass(frozen=True, slots=True)
class _Taken:
    id: str
    outgoing: Outgoing
    body: str  # The id of its row.
    size: int


def accept(transaction: Transaction, arrived: Sequence[Outgoing]) -> list[str | StoreError]:
    """Store the messages; return their ids, in the same order.

    A message that shares another's body is refused where that one is finished.
    """
    shared = _shared_bodies(transaction, arrived)
    answers: list[str | StoreError] = []
    taken = []
    for each in arrived:
        if each.body.of is not None and each.body.of not in shared:
            answers.append(BodyGoneError(each.body.of))
            continue
        id_ = transaction.ids.next(each.message.arrived)
        answers.append(id_)
        body, size = shared.get(each.body.of, (id_, each.body.size))
        taken.append(_Taken(id_, each, body, size))
    if not taken:
        return answers
    bodies.keep(
        transaction, [(each.id, each.outgoing.body) for each in taken if each.body == each.id]
    )
    bodies.share(transaction, [each.body for each in taken if each.body != each.id])
    _MESSAGES.run(transaction.connection, [_message(each) for each in taken])
    _RECIPIENTS.run(transaction.connection, [row for each in taken for row in _recipients(each)])
    counting.add(
        transaction,
        [(each.outgoing.message.arrived, each.outgoing.message.counts) for each in taken],
    )
    complaints = [(each, said) for each in taken if (said := each.outgoing.message.complaint)]
    if complaints:
        recording.record(transaction, [_event(each, said) for each, said in complaints])
        calling.write(transaction, [_fact(each, said) for each, said in complaints])
    transaction.due.add(Due.MAIL)
    return answers


def _event(taken: _Taken, said: Complaint) -> Event:
    """Return what a trace finds by the address of who complained."""
    who = said.recipients[0] if said.recipients else None
    text = f"{said.kind}: {said.message_id or 'a message without a Message-ID'}"
    now, by = taken.outgoing.message.arrived, said.reporter or "a feedback loop"
    return Event(now, "complaint", by, text, taken.id, address=who)


def _fact(taken: _Taken, said: Complaint) -> Fact:
    message = taken.outgoing.message
    return Fact(
        kind=CallKind.COMPLAINT,
        time=message.arrived,
        message=taken.id,
        sender=message.envelope.sender,
        message_id=message.message_id,
        subject=message.subject,
        complaint=said,
    )


def _shared_bodies(
    transaction: Transaction, arrived: Sequence[Outgoing]
) -> dict[str | None, tuple[str, int]]:
    """Return the body and its size for each message whose body is to be shared and is there."""
    sharing = {each.body.of for each in arrived if each.body.of is not None}
    if not sharing:
        return {}
    which = select(messages.c.id, messages.c.body, messages.c.size).where(
        messages.c.id.in_(sharing), messages.c.body.is_not(None)
    )
    return {row.id: (row.body, row.size) for row in transaction.connection.execute(which)}


def _message(taken: _Taken) -> dict[str, Any]:
    message, envelope = taken.outgoing.message, taken.outgoing.message.envelope
    return {
        "id": taken.id,
        "arrived": message.arrived,
        "expires": message.expires,
        "sender": envelope.sender,
        "ret": envelope.ret,
        "envid": envelope.envid,
        "body_type": envelope.body_type,
        "smtputf8": int(envelope.smtputf8),
        "size": taken.size,
        "message_id": message.message_id,
        "subject": message.subject,
        "session": message.session,
        "about": message.about,
        "body": taken.body,
        "unfinished": len(envelope.recipients),
    }


def _recipients(taken: _Taken) -> Iterator[dict[str, Any]]:
    message = taken.outgoing.message
    due = message.due or message.arrived
    for number, recipient in enumerate(message.envelope.recipients):
        yield {
            "message": taken.id,
            "number": number,
            "address": recipient.address,
            "domain": recipient.domain,
            "orcpt": recipient.orcpt,
            "notify": recipient.notify,
            "state": State.QUEUED,
            "due": due,
            "tries": 0,
        }
