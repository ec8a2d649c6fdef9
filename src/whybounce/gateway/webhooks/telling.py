"""What a webhook is told, in the shape of ``wire.calls``. Pure: facts go in, JSON comes out."""

from datetime import datetime

import msgspec

from whybounce.catalogue import catalogue
from whybounce.gateway.reply_causes import CauseOf
from whybounce.gateway.store.rows import Complaint, Fact
from whybounce.notation import decoded_words, writable
from whybounce.wire import SCHEMA
from whybounce.wire.calls import Complained, Happened, Told
from whybounce.wire.times import timestamp


def body_of(fact: Fact, cause_of: CauseOf) -> str:
    """Return the body. ``cause_of`` explains a reply of which no cause is known yet."""
    cause = fact.cause or (cause_of(fact.reply) if fact.reply else None)
    known = catalogue().causes.get(cause or "")
    return _written(
        fact.kind,
        fact.time,
        Happened(
            message=fact.message,
            sender=writable(fact.sender),
            message_id=_writable(fact.message_id),
            subject=_writable(fact.subject and decoded_words(fact.subject)),
            recipient=_writable(fact.recipient),
            cause=cause,
            owner=known.owner if known else None,
            status=fact.status,
            reply=_writable(fact.reply),
            remote=_writable(fact.remote),
            report=fact.report,
            complaint=_complained(fact.complaint) if fact.complaint else None,
        ),
    )


def trial_body(now: datetime) -> str:
    """Return what is told where nothing happened."""
    return _written("test", now, None)


def _written(kind: str, time: datetime, data: Happened | None) -> str:
    told = Told(schema=SCHEMA, type=kind, timestamp=timestamp(time), data=data)
    return msgspec.json.encode(told).decode()


def _complained(said: Complaint) -> Complained:
    return Complained(
        kind=writable(said.kind),
        reporter=_writable(said.reporter),
        recipients=[writable(each) for each in said.recipients],
        message_id=_writable(said.message_id),
        sender=_writable(said.sender),
        subject=_writable(said.subject),
    )


def _writable(said: str | None) -> str | None:
    return None if said is None else writable(said)
