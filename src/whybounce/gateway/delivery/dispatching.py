"""One consignment: carried to its destinations, and what came of it recorded.

Rule 1: whoever is delivered to is settled, whatever else goes wrong; what was not tried is given back.
Rule 2: nobody fails without the report about it being queued in the same transaction.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from whybounce.gateway.addresses import key_of
from whybounce.gateway.delivery.attempts import Attempt, Ending, Obstacle, obstructed
from whybounce.gateway.delivery.carrying import Carry
from whybounce.gateway.delivery.concluding import (
    Notices,
    Telling,
    conclude,
    is_expiring,
    postponement,
    settlement,
    to_tell,
)
from whybounce.gateway.delivery.crowding import Crowding
from whybounce.gateway.delivery.destinations import Destination, Lmtp, Maildir, Smarthost
from whybounce.gateway.delivery.gathering import Gathering, Part
from whybounce.gateway.delivery.parcels import ABOVE, Parcel, Reading
from whybounce.gateway.delivery.traffic import Traffic
from whybounce.gateway.store import (
    LeaseLostError,
    Schedule,
    Store,
    StoreError,
    StoreUnavailableError,
    Trouble,
)
from whybounce.gateway.store.rows import (
    Consignment,
    LeasedRecipient,
    QueuedMessage,
    Settlement,
    Terminal,
)

_log = logging.getLogger(__name__)

_ARRIVED = frozenset({Terminal.DELIVERED, Terminal.RELAYED})
_HELD_WHOLE = 256 << 10  # Octets of a message that is read once for all its destinations.

Resolve = Callable[[QueuedMessage, LeasedRecipient], Awaitable[Destination | Obstacle]]
"""Says where a recipient's mail goes, or why nowhere."""

Begin = Callable[[], Awaitable[bool]]
"""Called when a turn has come, before anybody is spoken to; says whether the mail is still ours."""

Report = Callable[[Telling], Awaitable[Notices]]
"""Makes the reports about what became of a message's recipients; they are queued with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Whom a consignment passes through."""

    store: Store
    carry: Carry
    resolve: Resolve
    report: Report
    traffic: Traffic
    crowding: Crowding
    gathering: Gathering
    node: str
    schedule: Schedule
    clock: Callable[[], datetime]
    chance: Callable[[], float]

    async def dispatch(self, consignment: Consignment, begin: Begin) -> None:
        """Carry and record; cancelled, record what was done and give the rest back.

        Args:
            consignment: What was leased.
            begin: Called when a turn has come, before somebody is spoken to.

        """
        attempts: list[Attempt] = []
        try:
            await self._carry_all(consignment, attempts, begin)
        except asyncio.CancelledError:
            await self._record(consignment, attempts, again=self.clock())
            raise
        except StoreError as error:
            # A damaged message has been set aside; for an unreachable store we try again.
            _log.warning("message %s: %s", consignment.message.id, error)
        again = self.clock() + self.schedule.waits[0]
        await self._record(consignment, attempts, again=again)

    async def _carry_all(
        self, consignment: Consignment, attempts: list[Attempt], begin: Begin
    ) -> None:
        """Carry to each destination; whatever came of it is in ``attempts``, even of a failure."""
        groups: dict[Destination, list[LeasedRecipient]] = {}
        for recipient in consignment.recipients:
            destination = await self._resolve_safely(consignment.message, recipient)
            if isinstance(destination, Obstacle):
                attempts.append(self._obstructed(recipient, destination))
            else:
                groups.setdefault(destination, []).append(recipient)
        held = self._held(consignment.message)
        read = self._reading(consignment.message, held)
        message = _with_above(consignment.message)
        results = await asyncio.gather(
            *(
                self._carry_one(
                    destination,
                    Parcel(message, tuple(recipients), read, whole=held),
                    attempts,
                    begin,
                )
                for destination, recipients in groups.items()
            ),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _resolve_safely(
        self, message: QueuedMessage, recipient: LeasedRecipient
    ) -> Destination | Obstacle:
        try:
            return await self.resolve(message, recipient)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # nobody's mail may be lost by it
            _log.exception("resolving recipient %d of message %s", recipient.number, message.id)
            return Obstacle("system-error", f"{type(error).__name__} at finding out where to")

    async def _carry_one(
        self,
        destination: Destination,
        parcel: Parcel,
        attempts: list[Attempt],
        begin: Begin,
    ) -> None:
        mailboxes = _mailboxes(destination, parcel.recipients)
        if not mailboxes:
            await self._carry_in_turn(destination, parcel, attempts, begin)
            return
        async with self.crowding.places(mailboxes) as free:
            inside, late = _parted(destination, parcel.recipients, free)
            attempts += [self._obstructed(each, self._crowded(each)) for each in late]
            if inside:
                there = replace(parcel, recipients=tuple(inside))
                await self._carry_in_turn(destination, there, attempts, begin)

    async def _carry_in_turn(
        self,
        destination: Destination,
        parcel: Parcel,
        attempts: list[Attempt],
        begin: Begin,
    ) -> None:
        async with self.traffic.turn(destination.name) as met:
            if met is not None:
                chosen = isinstance(destination, Smarthost)
                attempts += [
                    Attempt(
                        each, Ending.DEFERRED, (met,), met, untried=True, through_our_choice=chosen
                    )
                    for each in parcel.recipients
                ]
                return
            if not await begin():
                return
            attempts += await self._carry_safely(destination, parcel)

    async def _carry_safely(self, destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
        """Carry; a mistake of ours puts the mail off and is written down, and no more."""
        try:
            came = await self.carry(destination, parcel)
            self.traffic.note(destination.name, came)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # nobody's mail may be lost by it
            _log.exception("carrying message %s to %s", parcel.message.id, destination.name)
            obstacle = Obstacle("system-error", f"{type(error).__name__} on the way")
            return tuple(self._obstructed(each, obstacle) for each in parcel.recipients)
        return came

    def _crowded(self, recipient: LeasedRecipient) -> Obstacle:
        evidence = f"{self.crowding.most} deliveries to {recipient.address} are under way"
        return Obstacle("recipient-thread-limit", evidence)

    def _obstructed(self, recipient: LeasedRecipient, obstacle: Obstacle) -> Attempt:
        return obstructed(recipient, obstacle, self.clock())

    def _held(self, message: QueuedMessage) -> Callable[[], Awaitable[bytes]] | None:
        """Return how to read all of a small message, which is asked of the store once."""
        if message.size > _HELD_WHOLE:
            return None
        held: list[bytes] = []

        async def whole() -> bytes:
            if not held:
                body = await self.store.whole_body(
                    message.id, node=self.node, now=self.clock(), octets=message.size
                )
                held.append(_above(message) + body)
            return held[0]

        return whole

    def _reading(
        self, message: QueuedMessage, held: Callable[[], Awaitable[bytes]] | None
    ) -> Reading:
        """Return how to read the message in pieces."""

        async def read() -> AsyncGenerator[bytes, None]:
            if held is not None:
                yield await held()
                return
            if above := _above(message):
                yield above
            body = self.store.body(message.id, node=self.node, now=self.clock())
            async with contextlib.aclosing(body) as pieces:
                async for piece in pieces:
                    yield piece

        return read

    # Recording.

    async def _record(
        self, consignment: Consignment, attempts: Sequence[Attempt], *, again: datetime
    ) -> None:
        """Settle those that were tried, and give the others back."""
        if attempts:
            await self._settle(consignment, attempts)
        if len(attempts) < len(consignment.recipients):
            await self.give_back(consignment, again)

    async def give_back(self, consignment: Consignment, due: datetime) -> None:
        """Give back what was not tried, as soon as the store is there, or let its lease run out."""
        while self.clock() < consignment.until:
            try:
                await self.store.give_back(consignment, due=due)
            except StoreUnavailableError:
                await asyncio.sleep(1)
            except StoreError:
                return
            else:
                return

    async def _settle(self, consignment: Consignment, attempts: Sequence[Attempt]) -> None:
        """Settle who has the mail at once, and the others with what else of the message ends now."""
        now = self.clock()
        answered = await self._answered_before(consignment, attempts, now)
        conclusions = conclude(attempts, consignment.message, now=now, answered=answered)
        part = Part(consignment, tuple(attempts), conclusions)
        if self.gathering.is_alone(consignment):
            await self._settle_part(part)
            return
        told = to_tell(conclusions, consignment.message, self.schedule, now)
        waiting = [each for each in told if each.terminal not in _ARRIVED]
        if not waiting:
            await self._settle_part(part)
            return
        if rest := [each for each in conclusions if each not in waiting]:
            await self._settle_part(part.of(rest))
        await self.gathering.settle(part.of(waiting), self._settle_part)

    async def _settle_part(self, part: Part) -> None:
        now = self.clock()
        recorded = await self._concluded(part, now)
        message = part.consignment.message
        while True:
            try:
                await self.store.settle(recorded)
            except StoreUnavailableError as error:
                if error.trouble is Trouble.CORRUPT:
                    raise  # It will never be recorded, and the store passes it over.
                # To give up here would deliver it twice.
                _log.warning("message %s waits to be settled: %s", message.id, error)
                await asyncio.sleep(1)
            except LeaseLostError as error:
                _log.warning("%s", error)
                return
            except StoreError as error:
                if not recorded.messages:
                    raise
                # The reports are what it does not take: they are made anew later.
                recorded = self._postponed(part, now, error)
            else:
                return

    async def _concluded(self, part: Part, now: datetime) -> Settlement:
        """Return what to record, with the reports that go with it."""
        schedule, message = self.schedule, part.consignment.message
        telling = to_tell(part.conclusions, message, schedule, now)
        try:
            notices = Notices()
            if telling:
                notices = await self.report(Telling(message, telling, now))
            return settlement(
                part.consignment,
                part.attempts,
                part.conclusions,
                notices,
                asked=telling,
                schedule=schedule,
                now=now,
                chance=self.chance,
            )
        except Exception as error:  # noqa: BLE001  # nobody fails without being told of
            _log.exception("reporting on message %s", message.id)
            return self._postponed(part, now, error)

    def _postponed(self, part: Part, now: datetime, error: Exception) -> Settlement:
        return postponement(
            part.consignment,
            part.attempts,
            part.conclusions,
            schedule=self.schedule,
            now=now,
            event=type(error).__name__,
            chance=self.chance,
        )

    async def _answered_before(
        self, consignment: Consignment, attempts: Sequence[Attempt], now: datetime
    ) -> frozenset[int]:
        """Return which of the expiring recipients a remote has spoken of."""
        message = consignment.message
        if not any(is_expiring(each, message, now) for each in attempts):
            return frozenset()
        try:
            life = await self.store.life(message.id)
        except StoreError:
            return frozenset()
        return frozenset(each.number for each in life.attempts if each.code is not None)


def _mailbox(destination: Destination, recipient: LeasedRecipient) -> str | None:
    """Return what is counted as one mailbox; None where mail goes on to others."""
    match destination:
        case Maildir():
            return destination.name
        case Lmtp():
            return f"{destination.name} {key_of(recipient.address)}"
        case _:
            return None


def _mailboxes(destination: Destination, recipients: Iterable[LeasedRecipient]) -> set[str]:
    return {name for each in recipients if (name := _mailbox(destination, each)) is not None}


def _parted(
    destination: Destination, recipients: Iterable[LeasedRecipient], free: frozenset[str]
) -> tuple[list[LeasedRecipient], list[LeasedRecipient]]:
    """Return who has a place, and who has none."""
    inside: list[LeasedRecipient] = []
    late: list[LeasedRecipient] = []
    for each in recipients:
        name = _mailbox(destination, each)
        (inside if name is None or name in free else late).append(each)
    return inside, late


def _above(message: QueuedMessage) -> bytes:
    """Return the fields that tell what was found when the message came: RFC 8601, RFC 7208 §9.1."""
    return message.session.facts.get(ABOVE, "").encode() if message.session else b""


def _with_above(message: QueuedMessage) -> QueuedMessage:
    """Return the message as large as it is with those."""
    above = len(_above(message))
    return replace(message, size=message.size + above) if above else message
