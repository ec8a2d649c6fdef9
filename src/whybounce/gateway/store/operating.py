"""What operators do to recipients: hold, release, retry, delete.

Recipients that somebody is trying at the moment are left alone and counted: their outcome is about
to be known, and to take them away would deliver what is then reported as stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update

from whybounce.gateway.store import recording
from whybounce.gateway.store.errors import StoreError, UnknownMessageError
from whybounce.gateway.store.hints import Due
from whybounce.gateway.store.leasing import untouched
from whybounce.gateway.store.rows import Event, State, Terminal, Touched
from whybounce.gateway.store.settling import count_down, lock_messages
from whybounce.gateway.store.tables import outcomes, recipients
from whybounce.gateway.store.writer import Transaction


class Deed(StrEnum):
    """What is to be done, and the kind of the event it leaves."""

    HOLD = "held"  # Nobody tries until it is released.
    RELEASE = "released"  # Held and quarantined ones are queued again, due at once.
    RETRY = "retried"  # Queued ones are due at once.
    DELETE = "deleted"  # The end, without a report.


@dataclass(frozen=True, slots=True)
class Instruction:
    """What an operator wants done to a message's recipients."""

    deed: Deed
    message: str
    by: str
    now: datetime
    numbers: frozenset[int] | None = None  # None: all of them.
    why: str = ""


def operate(
    transaction: Transaction, instructions: Sequence[Instruction]
) -> list[Touched | StoreError]:
    """Do what the operators want, each with its event."""
    return [_operate(transaction, instruction) for instruction in instructions]


def _operate(transaction: Transaction, instruction: Instruction) -> Touched | StoreError:
    locked = lock_messages(transaction, [instruction.message])
    if not locked:
        return UnknownMessageError(instruction.message)
    (message,) = locked
    instruction = replace(instruction, message=message)  # However it was typed.
    numbers = _numbers(transaction, instruction, _MAY[instruction.deed](instruction.now))
    if numbers:
        transaction.connection.execute(
            update(recipients)
            .where(recipients.c.message == instruction.message, recipients.c.number.in_(numbers))
            .values(lease=None, node=None, **_become(instruction))
        )
    if instruction.deed is Deed.DELETE:
        _end(transaction, instruction, numbers)
        count_down(
            transaction,
            {instruction.message: len(numbers)} if numbers else {},
            {instruction.message: instruction.now},
            locked,
        )
    recording.record(transaction, [_event(instruction, numbers)] if numbers else [])
    if instruction.deed in {Deed.RELEASE, Deed.RETRY}:
        transaction.due.add(Due.MAIL)
    being_tried = recipients.c.state == State.QUEUED, ~untouched(instruction.now)
    return Touched(len(numbers), len(_numbers(transaction, instruction, *being_tried)))


def _numbers(transaction: Transaction, instruction: Instruction, *which: Any) -> list[int]:
    found = (
        select(recipients.c.number)
        .where(recipients.c.message == instruction.message, *which)
        .order_by(recipients.c.number)
        .with_for_update()
    )
    if instruction.numbers is not None:
        found = found.where(recipients.c.number.in_(instruction.numbers))
    return list(transaction.connection.scalars(found))


def _any_but_done(now: datetime) -> Any:
    return untouched(now) | _stopped(now)


def _stopped(now: datetime) -> Any:
    del now
    return recipients.c.state.in_((State.HELD, State.QUARANTINED))


_MAY: dict[Deed, Callable[[datetime], Any]] = {
    Deed.HOLD: untouched,
    Deed.RELEASE: _stopped,
    Deed.RETRY: untouched,
    Deed.DELETE: _any_but_done,
}


def _become(instruction: Instruction) -> dict[str, Any]:
    if instruction.deed is Deed.HOLD:
        return {"state": State.HELD, "due": None}
    if instruction.deed is Deed.DELETE:
        return {"state": State.DONE, "due": None}
    return {"state": State.QUEUED, "due": instruction.now}


def _end(transaction: Transaction, instruction: Instruction, numbers: Sequence[int]) -> None:
    if numbers:
        transaction.connection.execute(
            insert(outcomes),
            [
                {
                    "message": instruction.message,
                    "number": number,
                    "time": instruction.now,
                    "terminal": Terminal.DELETED,
                }
                for number in numbers
            ],
        )


def _event(instruction: Instruction, numbers: Sequence[int]) -> Event:
    return Event(
        time=instruction.now,
        kind=instruction.deed.value,
        actor=instruction.by,
        text=instruction.why,
        message=instruction.message,
        number=numbers[0] if len(numbers) == 1 else None,
    )
