"""Outbound: carries what is due from the queue to its destinations, and records what came of it.

Rule 1: whoever is delivered to is settled, whatever else goes wrong; what was not tried is given back.
Rule 2: nobody fails without the report about it being queued in the same transaction.
Rule 3: trouble with one destination takes turns from that destination alone.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whybounce.gateway.delivery.attempts import Asked, Attempt, Ending, Obstacle
from whybounce.gateway.delivery.carrying import Carry
from whybounce.gateway.delivery.concluding import (
    Conclusion,
    Notices,
    Telling,
    conclude,
    is_expiring,
    postponement,
    settlement,
    to_tell,
)
from whybounce.gateway.delivery.destinations import Destination
from whybounce.gateway.delivery.parcels import Parcel, Reading
from whybounce.gateway.delivery.traffic import Traffic
from whybounce.gateway.store import (
    LeaseLostError,
    Schedule,
    Store,
    StoreError,
    StoreUnavailableError,
    Trouble,
)
from whybounce.gateway.store.rows import Consignment, LeasedRecipient, QueuedMessage, Settlement

_log = logging.getLogger(__name__)

_HELD_WHOLE = 256 << 10  # Octets of a message that is read once for all its destinations.
_LEAST_WAIT, _LONGEST_WAIT = 0.2, 60.0  # Seconds between looks at the queue.

Resolve = Callable[[QueuedMessage, LeasedRecipient], Awaitable[Destination | Obstacle]]
"""Says where a recipient's mail goes, or why nowhere."""

Report = Callable[[Telling], Awaitable[Notices]]
"""Makes the reports about what became of a message's recipients; they are queued with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundSettings:
    """How much at once, and how patiently."""

    node: str
    schedule: Schedule
    most: int = 400  # Deliveries at once.
    most_each: int = 20  # … to one destination.
    most_in_hand: int = 2_000  # Consignments leased.
    most_in_hand_each: int = 100  # … of one domain.
    batch: int = 200  # Recipients leased at once.
    lease: timedelta = timedelta(minutes=5)
    rest: float = 30  # Seconds in which a destination that is not reached is left alone.
    drain: float = 30  # Seconds deliveries may take to end when it stops.


class Outbound:
    """The part that delivers, while it runs."""

    def __init__(
        self,
        store: Store,
        *,
        carry: Carry,
        resolve: Resolve,
        report: Report,
        settings: OutboundSettings,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._carry = carry
        self._resolve = resolve
        self._report = report
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._stopping = asyncio.Event()
        self._room = asyncio.Event()
        self._jobs: dict[asyncio.Task[None], Consignment] = {}
        self._begun: set[asyncio.Task[Any]] = set()  # Those that speak with somebody.
        self._domains: Counter[str] = Counter()
        self._traffic = Traffic(
            most=settings.most,
            most_each=settings.most_each,
            rest=settings.rest,
            monotonic=asyncio.get_running_loop().time,
        )

    def stop(self) -> None:
        """Begin nothing more; ``run`` returns when what was begun has ended."""
        self._stopping.set()
        self._room.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        renewing = asyncio.create_task(self._renew_leases())
        try:
            await self._start()
            while not self._stopping.is_set():
                seen = self._store.hints.given
                if not await self._take_some():
                    await self._wait(seen)
        finally:
            await self._drain()
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    # Getting work.

    async def _start(self) -> None:
        """End the leases that an earlier life of this node left behind."""
        while not self._stopping.is_set():
            try:
                await self._store.give_back_all(self._settings.node, now=self._clock())
            except StoreUnavailableError as error:
                await self._pause(error)
            else:
                return

    async def _take_some(self) -> bool:
        """Lease and begin what is due; return whether there may be more."""
        settings, now = self._settings, self._clock()
        asked = min(settings.batch, settings.most_in_hand - len(self._jobs))
        if asked <= 0:
            self._room.clear()
            await self._room.wait()
            return True
        try:
            consignments = await self._store.lease(
                asked, node=settings.node, now=now, until=now + settings.lease
            )
        except StoreError as error:
            await self._pause(error)
            return True
        for consignment in consignments:
            self._begin(consignment)
        return sum(len(each.recipients) for each in consignments) >= asked

    def _begin(self, consignment: Consignment) -> None:
        self._domains[consignment.domain] += 1
        job = asyncio.create_task(self._handle(consignment))
        self._jobs[job] = consignment
        job.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        consignment = self._jobs.pop(job)
        self._begun.discard(job)
        self._domains[consignment.domain] -= 1
        if not self._domains[consignment.domain]:
            del self._domains[consignment.domain]
        self._room.set()
        if not job.cancelled() and (error := job.exception()) is not None:
            _log.error("delivering message %s", consignment.message.id, exc_info=error)

    async def _wait(self, seen: int) -> None:
        """Sleep until something is due, or a hint says so, or it is time to stop."""
        try:
            due = await self._store.next_due()
        except StoreError as error:
            await self._pause(error)
            return
        seconds = (due - self._clock()).total_seconds() if due else _LONGEST_WAIT
        waits = [
            asyncio.create_task(self._store.hints.after(seen)),
            asyncio.create_task(self._stopping.wait()),
        ]
        try:
            await asyncio.wait(
                waits,
                timeout=min(max(seconds, _LEAST_WAIT), _LONGEST_WAIT),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for each in waits:
                each.cancel()

    async def _pause(self, error: StoreError) -> None:
        _log.warning("outbound waits: %s", error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._stopping.wait()

    async def _renew_leases(self) -> None:
        """Keep what takes long ours."""
        while True:
            await asyncio.sleep(self._settings.lease.total_seconds() / 3)
            until = self._clock() + self._settings.lease
            await asyncio.gather(
                *(self._store.renew(each, until=until) for each in self._jobs.values()),
                return_exceptions=True,
            )

    async def _drain(self) -> None:
        """Let what has begun end in time; give the rest back."""
        self._stopping.set()
        for job in list(self._jobs):
            if job not in self._begun:
                job.cancel()
        if self._jobs:
            _, late = await asyncio.wait(list(self._jobs), timeout=self._settings.drain)
            for job in late:
                job.cancel()
            if late:
                await asyncio.wait(late, timeout=self._settings.drain)

    # One consignment.

    async def _handle(self, consignment: Consignment) -> None:
        if self._domains[consignment.domain] > self._settings.most_in_hand_each:
            wait = timedelta(seconds=self._settings.rest or 1) * (1 + self._chance())
            await self._store.give_back(consignment, due=self._clock() + wait)
            return
        attempts: list[Attempt] = []
        job = asyncio.current_task()
        try:
            await self._carry_all(consignment, attempts, lambda: self._note_begun(job))
        except asyncio.CancelledError:
            await self._record(consignment, attempts, again=self._clock())
            raise
        except StoreError as error:
            # A damaged message has been set aside; for an unreachable store we try again.
            _log.warning("message %s: %s", consignment.message.id, error)
        again = self._clock() + self._settings.schedule.waits[0]
        await self._record(consignment, attempts, again=again)

    def _note_begun(self, job: "asyncio.Task[Any] | None") -> None:
        if job is not None:
            self._begun.add(job)

    async def _carry_all(
        self, consignment: Consignment, attempts: list[Attempt], begin: Callable[[], None]
    ) -> None:
        """Carry to each destination; whatever came of it is in ``attempts``, even of a failure."""
        groups: dict[Destination, list[LeasedRecipient]] = {}
        for recipient in consignment.recipients:
            destination = await self._resolve(consignment.message, recipient)
            if isinstance(destination, Obstacle):
                attempts.append(self._obstructed(recipient, destination))
            else:
                groups.setdefault(destination, []).append(recipient)
        read = self._reading(consignment.message)
        results = await asyncio.gather(
            *(
                self._carry_one(
                    destination,
                    Parcel(consignment.message, tuple(recipients), read),
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

    async def _carry_one(
        self,
        destination: Destination,
        parcel: Parcel,
        attempts: list[Attempt],
        begin: Callable[[], None],
    ) -> None:
        async with self._traffic.turn(destination.name) as met:
            if met is not None:
                attempts += [
                    Attempt(each, Ending.DEFERRED, (met,), met, untried=True)
                    for each in parcel.recipients
                ]
                return
            begin()
            attempts += await self._carry_safely(destination, parcel)

    async def _carry_safely(self, destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
        """Carry; a mistake of ours puts the mail off and is written down, and no more."""
        try:
            came = await self._carry(destination, parcel)
            self._traffic.note(destination.name, came)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # nobody's mail may be lost by it
            _log.exception("carrying message %s to %s", parcel.message.id, destination.name)
            obstacle = Obstacle("system-error", f"{type(error).__name__} on the way")
            return tuple(self._obstructed(each, obstacle) for each in parcel.recipients)
        return came

    def _obstructed(self, recipient: LeasedRecipient, obstacle: Obstacle) -> Attempt:
        asked = Asked(self._clock(), obstacle)
        ending = Ending.FAILED if obstacle.permanent else Ending.DEFERRED
        return Attempt(recipient, ending, (asked,), asked)

    def _reading(self, message: QueuedMessage) -> Reading:
        """Return how to read the message; a small one is asked of the store once."""
        held: list[bytes] = []

        async def read() -> AsyncGenerator[bytes, None]:
            body = self._store.body(message.id, node=self._settings.node, now=self._clock())
            if message.size > _HELD_WHOLE:
                async with contextlib.aclosing(body) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            if not held:
                held.append(b"".join([piece async for piece in body]))
            yield held[0]

        return read

    # Recording.

    async def _record(
        self, consignment: Consignment, attempts: Sequence[Attempt], *, again: datetime
    ) -> None:
        """Settle those that were tried, and give the others back."""
        if attempts:
            await self._settle(consignment, attempts)
        if len(attempts) < len(consignment.recipients):
            with contextlib.suppress(StoreError):  # Then the lease runs out by itself.
                await self._store.give_back(consignment, due=again)

    async def _settle(self, consignment: Consignment, attempts: Sequence[Attempt]) -> None:
        now = self._clock()
        answered = await self._answered_before(consignment, attempts, now)
        conclusions = conclude(attempts, consignment.message, now=now, answered=answered)
        recorded = await self._concluded(consignment, attempts, conclusions, now)
        while True:
            try:
                await self._store.settle(recorded)
            except StoreUnavailableError as error:
                if error.trouble is Trouble.CORRUPT:
                    raise  # It will never be recorded, and the store passes it over.
                # To give up here would deliver it twice.
                _log.warning("message %s waits to be settled: %s", consignment.message.id, error)
                await asyncio.sleep(1)
            except LeaseLostError as error:
                _log.warning("%s", error)
                return
            except StoreError as error:
                if not recorded.messages:
                    raise
                # The reports are what it does not take: they are made anew later.
                recorded = self._postponed(consignment, attempts, conclusions, now, error)
            else:
                return

    async def _concluded(
        self,
        consignment: Consignment,
        attempts: Sequence[Attempt],
        conclusions: tuple[Conclusion, ...],
        now: datetime,
    ) -> Settlement:
        """Return what to record, with the reports that go with it."""
        schedule = self._settings.schedule
        telling = to_tell(conclusions, consignment.message, schedule, now)
        try:
            notices = Notices()
            if telling:
                notices = await self._report(Telling(consignment.message, telling, now))
            return settlement(
                consignment,
                attempts,
                conclusions,
                notices,
                asked=telling,
                schedule=schedule,
                now=now,
                chance=self._chance,
            )
        except Exception as error:  # noqa: BLE001  # nobody fails without being told of
            _log.exception("reporting on message %s", consignment.message.id)
            return self._postponed(consignment, attempts, conclusions, now, error)

    def _postponed(
        self,
        consignment: Consignment,
        attempts: Sequence[Attempt],
        conclusions: tuple[Conclusion, ...],
        now: datetime,
        error: Exception,
    ) -> Settlement:
        return postponement(
            consignment,
            attempts,
            conclusions,
            schedule=self._settings.schedule,
            now=now,
            event=type(error).__name__,
            chance=self._chance,
        )

    async def _answered_before(
        self, consignment: Consignment, attempts: Sequence[Attempt], now: datetime
    ) -> frozenset[int]:
        """Return which of the expiring recipients a remote has spoken of."""
        message = consignment.message
        if not any(is_expiring(each, message, now) for each in attempts):
            return frozenset()
        try:
            life = await self._store.life(message.id)
        except StoreError:
            return frozenset()
        return frozenset(each.number for each in life.attempts if each.code is not None)
