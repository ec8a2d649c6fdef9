"""Recording what a delivery session ended with, as one: attempts, deferrals, ends and reports.

The report about a recipient's end is queued in the transaction that records the end, so that there
is never the one without the other. Whoever has lost the lease records nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, insert, select, tuple_, update

from whybounce.gateway.store import bodies, calling, recording
from whybounce.gateway.store.accepting import accept
from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.columns import Moment
from whybounce.gateway.store.errors import LeaseLostError, StoreError
from whybounce.gateway.store.hints import Due
from whybounce.gateway.store.quarantining import Key
from whybounce.gateway.store.rows import (
    CallKind,
    Event,
    Fact,
    Retirement,
    Settlement,
    State,
    Terminal,
    Told,
)
from whybounce.gateway.store.tables import AnyRow, attempts, messages, outcomes, recipients
from whybounce.gateway.store.untried import untried_events
from whybounce.gateway.store.writer import Transaction

Answer = tuple[str, ...]
"""The ids of the settlement's messages."""

_KEYS_AT_ONCE = 5_000  # SQLite takes 32,766 variables in a statement.

_IS = (recipients.c.message == bindparam("of"), recipients.c.number == bindparam("at"))
_ATTEMPTS = Bulk(insert(attempts))
_OUTCOMES = Bulk(insert(outcomes))
_DEFER = Bulk(
    update(recipients)
    .where(*_IS)
    .values(
        due=bindparam("again"),
        lease=None,
        node=None,
        tries=recipients.c.tries + bindparam("tried"),
        delay_told=bindparam("told"),
    )
)
_RETIRE = Bulk(
    update(recipients)
    .where(*_IS)
    .values(
        state=State.DONE,
        due=None,
        lease=None,
        node=None,
        tries=recipients.c.tries + bindparam("tried"),
    )
)
_LEFT = messages.c.unfinished - bindparam("ended")
_COUNT_DOWN = Bulk(
    update(messages)
    .where(messages.c.id == bindparam("of"))
    .values(
        unfinished=_LEFT,
        finished=case((_LEFT == 0, bindparam("now", type_=Moment))),
        body=case((_LEFT > 0, messages.c.body)),
    )
)


def settle(transaction: Transaction, asked: Sequence[Settlement]) -> list[Answer | StoreError]:
    """Record the settlements; return for each the ids of the messages it queued.

    Raises:
        BodyGoneError: A message is to share a body that is gone.

    """
    unfinished = lock_messages(transaction, {each.consignment.message.id for each in asked})
    leases = _leases(transaction, asked)
    answers: list[Answer | StoreError] = []
    granted: list[Settlement] = []
    for settlement in asked:
        lost = _lost(settlement, leases)
        answers.append(LeaseLostError(settlement.consignment.message.id, lost) if lost else ())
        if not lost:
            granted.append(settlement)
            for key in _settled(settlement):
                leases[key] = None
    queued = _queue(transaction, granted)
    _write_attempts(transaction, granted)
    _defer(transaction, granted)
    _retire(transaction, granted, queued)
    recording.record(transaction, [event for each in granted for event in _events(each)])
    if transaction.calls.wanted:
        calling.write(transaction, list(_facts(granted, queued)))
    _count_down(transaction, granted, unfinished)
    if any(each.deferrals for each in granted):
        transaction.due.add(Due.MAIL)
    given = iter(queued)
    return [answer if isinstance(answer, StoreError) else next(given) for answer in answers]


def lock_messages(transaction: Transaction, ids: Collection[str]) -> dict[str, AnyRow]:
    """Return the messages, in one order for all nodes, and nobody else's until the commit."""
    which = (
        select(messages.c.id, messages.c.body, messages.c.unfinished)
        .where(messages.c.id.in_(ids))
        .order_by(messages.c.id)
        .with_for_update()
    )
    return {row.id: row for row in transaction.connection.execute(which)}


def _leases(transaction: Transaction, asked: Sequence[Settlement]) -> dict[Key, int | None]:
    """Return who holds the recipients now."""
    keys = [key for settlement in asked for key in _settled(settlement)]
    found: dict[Key, int | None] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        which = (
            select(recipients.c.message, recipients.c.number, recipients.c.lease)
            .where(
                # SQLite finds pairs of values by no index: the message comes first.
                recipients.c.message.in_({message for message, _ in some}),
                tuple_(recipients.c.message, recipients.c.number).in_(some),
            )
            .with_for_update()
        )
        for row in transaction.connection.execute(which):
            found[row.message, row.number] = row.lease
    return found


def _settled(settlement: Settlement) -> Iterator[Key]:
    for number in settlement.settled():
        yield settlement.consignment.message.id, number


def _lost(settlement: Settlement, leases: Mapping[Key, int | None]) -> list[int]:
    lease = settlement.consignment.lease
    return [key[1] for key in _settled(settlement) if leases.get(key) != lease]


def _queue(transaction: Transaction, granted: Sequence[Settlement]) -> list[Answer]:
    """Queue the settlements' messages; return their ids."""
    taken = accept(transaction, [message for each in granted for message in each.messages])
    ids = []
    for answer in taken:
        if isinstance(answer, StoreError):
            raise answer
        ids.append(answer)
    given = iter(ids)
    return [tuple(next(given) for _ in each.messages) for each in granted]


def _events(settlement: Settlement) -> Iterator[Event]:
    yield from settlement.events
    yield from untried_events(settlement)


def _tried(settlement: Settlement) -> set[int]:
    return {attempt.number for attempt in settlement.attempts}


def _write_attempts(transaction: Transaction, granted: Sequence[Settlement]) -> None:
    rows = [
        {
            "message": settlement.consignment.message.id,
            "number": attempt.number,
            "id": transaction.ids.next(attempt.time),
            "time": attempt.time,
            "node": settlement.consignment.node,
            "remote": attempt.remote,
            "address": attempt.address,
            "tls": attempt.tls,
            "command": attempt.command,
            "code": attempt.code,
            "status": attempt.status,
            "reply": attempt.reply,
            "error": attempt.error,
            "policy": attempt.policy,
        }
        for settlement in granted
        for attempt in settlement.attempts
    ]
    _ATTEMPTS.run(transaction.connection, rows)


def _defer(transaction: Transaction, granted: Sequence[Settlement]) -> None:
    rows = []
    for settlement in granted:
        tried = _tried(settlement)
        before = {each.number: each.delay_told for each in settlement.consignment.recipients}
        rows += [
            {
                "of": settlement.consignment.message.id,
                "at": deferral.number,
                "again": deferral.due,
                "tried": int(deferral.number in tried),
                "told": deferral.delay_told or before[deferral.number],
            }
            for deferral in settlement.deferrals
        ]
    _DEFER.run(transaction.connection, rows)


def _retire(
    transaction: Transaction, granted: Sequence[Settlement], queued: Sequence[Answer]
) -> None:
    ends = []
    rows = []
    for settlement, ids in zip(granted, queued, strict=True):
        message, tried = settlement.consignment.message.id, _tried(settlement)
        for each in settlement.retirements:
            ends.append({"of": message, "at": each.number, "tried": int(each.number in tried)})
            rows.append(_outcome(message, settlement.now, each, ids))
    _RETIRE.run(transaction.connection, ends)
    _OUTCOMES.run(transaction.connection, rows)


def _outcome(message: str, now: datetime, retirement: Retirement, ids: Answer) -> dict[str, Any]:
    report = None if retirement.report is None else ids[retirement.report]
    return {
        "message": message,
        "number": retirement.number,
        "time": now,
        "terminal": retirement.terminal,
        "cause": retirement.cause,
        "status": retirement.status,
        "reply": retirement.reply,
        "remote": retirement.remote,
        "told": Told.REPORTED if report else retirement.told,
        "report": report,
    }


_TOLD_OF = {Terminal.FAILED: CallKind.FAILED, Terminal.EXPIRED: CallKind.EXPIRED}


def _facts(granted: Sequence[Settlement], queued: Sequence[Answer]) -> Iterator[Fact]:
    """Yield what webhooks may want to know: who failed, and of whose failure nobody is told."""
    for settlement, ids in zip(granted, queued, strict=True):
        addresses = {each.number: each.address for each in settlement.consignment.recipients}
        for each in settlement.retirements:
            if each.terminal not in _TOLD_OF:
                continue
            fact = _fact(settlement, each, addresses[each.number], ids)
            yield fact
            if each.told is Told.WITHHELD:
                yield replace(fact, kind=CallKind.WITHHELD)


def _fact(settlement: Settlement, retirement: Retirement, address: str, ids: Answer) -> Fact:
    message = settlement.consignment.message
    return Fact(
        kind=_TOLD_OF[retirement.terminal],
        time=settlement.now,
        message=message.id,
        sender=message.sender,
        message_id=message.message_id,
        subject=message.subject,
        recipient=address,
        cause=retirement.cause,
        status=retirement.status,
        reply=retirement.reply,
        remote=retirement.remote,
        report=None if retirement.report is None else ids[retirement.report],
    )


def _count_down(
    transaction: Transaction, granted: Sequence[Settlement], unfinished: Mapping[str, AnyRow]
) -> None:
    ended: Counter[str] = Counter()
    now = {}
    for settlement in granted:
        if settlement.retirements:
            ended[settlement.consignment.message.id] += len(settlement.retirements)
            now[settlement.consignment.message.id] = settlement.now
    count_down(transaction, ended, now, unfinished)


def count_down(
    transaction: Transaction,
    ended: Mapping[str, int],
    now: Mapping[str, datetime],
    unfinished: Mapping[str, AnyRow],
) -> None:
    """Note how many of each message's recipients have ended; with the last, let its body go."""
    if not ended:
        return
    _COUNT_DOWN.run(
        transaction.connection,
        [{"of": id_, "ended": count, "now": now[id_]} for id_, count in ended.items()],
    )
    done = [row.body for id_, row in unfinished.items() if row.unfinished == ended.get(id_)]
    bodies.let_go(transaction, done)
