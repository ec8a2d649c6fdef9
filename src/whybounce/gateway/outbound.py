"""Outbound: leases what is due, has it dispatched, keeps the leases, and stops in good order.

It sleeps until something is due or a hint says so. Trouble with one destination takes turns and room
from that destination alone: what is over its share waits.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from whybounce.gateway.delivery.carrying import Carry
from whybounce.gateway.delivery.crowding import Crowding
from whybounce.gateway.delivery.dispatching import Dispatcher, Report, Resolve
from whybounce.gateway.delivery.gathering import Gathering
from whybounce.gateway.delivery.traffic import Traffic
from whybounce.gateway.store import (
    Claim,
    Schedule,
    Share,
    Store,
    StoreError,
    StoreUnavailableError,
    Turns,
)
from whybounce.gateway.store.rows import Consignment

_log = logging.getLogger(__name__)

Expand = Callable[[Consignment], Awaitable[Consignment | None]]
"""Settles the recipients that stand for others; returns the rest, or None where nobody is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """By what mail is opened, led and carried."""

    carry: Carry
    resolve: Resolve
    expand: Expand | None = None


_LEAST_WAIT, _LONGEST_WAIT = 0.2, 60.0  # Seconds between looks at the queue.
_LONGEST_TURN = 300.0  # Seconds that one of a domain with too many waits for its turn.
_FOR_EVER = timedelta(days=36_500)
_GATHERING = 0.02  # Seconds in which what arrives after a look is left to be leased together.


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundSettings:
    """How much at once, and how patiently."""

    node: str
    schedule: Schedule
    most: int = 400  # Deliveries at once.
    most_each: int = 20  # … to one destination.
    most_each_mailbox: int = 2
    mailbox_wait: float = 10  # Seconds a delivery waits for the others into its mailbox.
    most_in_hand: int = 2_000  # Consignments leased.
    most_in_hand_each: int = 100  # … of one domain.
    batch: int = 200  # Recipients leased at once.
    lease: timedelta = timedelta(minutes=5)
    rest: float = 30  # Seconds in which a destination that is not reached is left alone.
    drain: float = 30  # Seconds deliveries may take to end when it stops.


@dataclass(slots=True)
class _Pace:
    """How fast a domain takes what is in hand, and when the next have their turn who would be too many.

    So a backlog is laid out over the time that it needs: each comes back about once, no sooner than
    there is room and hardly later. Whoever is too early goes to the end.
    """

    most: int  # In hand.
    last: float  # When one ended, or the first began.
    in_hand: int = 0
    seconds: float = 0.001  # Between two that end: at first what few domains are capable of.
    until: float = 0.0  # After the last turn that was given.

    def end(self, now: float) -> None:
        """Note that one has ended."""
        self.in_hand -= 1
        self.seconds += (now - self.last - self.seconds) / 20
        self.last = now

    def first(self, now: float) -> float:
        """Return the seconds until the next turn that is not given yet."""
        return min(max(self.until - now, self.apart(now)), _LONGEST_TURN)

    def apart(self, now: float) -> float:
        """Return the seconds between turns: a little less than are needed, or it would never speed up."""
        return max(self.seconds, (now - self.last) / self.most) * 0.8  # The longer while none ends.

    def give(self, turns: int, now: float) -> None:
        """Note how many turns were given."""
        self.until = now + self.first(now) + turns * self.apart(now)


class Outbound:
    """The part that delivers, while it runs."""

    def __init__(
        self,
        store: Store,
        ways: Ways,
        *,
        report: Report,
        settings: OutboundSettings,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._expand = ways.expand
        self._settings = settings
        self._clock = clock
        self._life = f"{chance():.16f}"  # By which it knows itself from another of its name.
        self._stopping = asyncio.Event()
        self._room = asyncio.Event()
        self._jobs: dict[asyncio.Task[None], Consignment] = {}
        self._until: dict[asyncio.Task[None], datetime] = {}  # When each one's lease ends.
        self._begun: set[asyncio.Task[Any]] = set()  # Those that speak with somebody.
        self._domains: dict[str, _Pace] = {}
        self._monotonic = asyncio.get_running_loop().time
        self._traffic = Traffic(
            most=settings.most,
            most_each=settings.most_each,
            rest=settings.rest,
            monotonic=self._monotonic,
        )
        self._crowding = Crowding(most=settings.most_each_mailbox, wait=settings.mailbox_wait)
        self._gathering = Gathering()
        self._dispatcher = Dispatcher(
            store=store,
            carry=ways.carry,
            resolve=ways.resolve,
            report=report,
            traffic=self._traffic,
            crowding=self._crowding,
            gathering=self._gathering,
            node=settings.node,
            schedule=settings.schedule,
            clock=clock,
            chance=chance,
        )

    def change(self, ways: Ways, settings: OutboundSettings) -> None:
        """Deliver by these from now on; what is under way ends by what it began with."""
        self._settings, self._expand = settings, ways.expand
        self._traffic.allow(most=settings.most, most_each=settings.most_each)
        self._crowding.allow(most=settings.most_each_mailbox, wait=settings.mailbox_wait)
        self._dispatcher = replace(
            self._dispatcher,
            carry=ways.carry,
            resolve=ways.resolve,
            schedule=settings.schedule,
        )
        self._room.set()

    def stop(self) -> None:
        """Begin nothing more; ``run`` returns when what was begun has ended."""
        self._stopping.set()
        self._room.set()

    @property
    def in_hand(self) -> int:
        """How many consignments are leased."""
        return len(self._jobs)

    @property
    def under_way(self) -> int:
        """How many of them are being carried."""
        return len(self._begun)

    async def run(self) -> None:
        """Deliver until stopped."""
        renewing = asyncio.create_task(self._renew_leases())
        try:
            await self._start()
            while not self._stopping.is_set():
                seen = self._store.hints.given
                if not await self._take_some():
                    await asyncio.sleep(_GATHERING)
                    if self._store.hints.given == seen:
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
                await self._take_name()
                await self._store.give_back_all(self._settings.node, now=self._clock())
            except StoreUnavailableError as error:
                await self._pause(error)
            else:
                return

    async def _take_name(self) -> None:
        """Take the node's name from whoever had it: mostly an earlier life of this one."""
        now = self._clock()
        claim = self._claim(now)
        await self._store.take(replace(claim, now=now + _FOR_EVER))

    async def _keep_name(self) -> None:
        """Say so where another has taken it since."""
        if await self._store.take(self._claim(self._clock())) is None:
            _log.error(
                "another gateway runs as node %s on this queue, and each that starts has the other's mail"
                " delivered twice; give each a name of its own: serve --node, or `node` in [server]",
                self._settings.node,
            )

    def _claim(self, now: datetime) -> Claim:
        settings = self._settings
        return Claim(f"node {settings.node}", self._life, now, now + settings.lease)

    async def _take_some(self) -> bool:
        """Lease and begin what is due; return whether there may be more."""
        settings, now = self._settings, self._clock()
        asked = min(settings.batch, settings.most_in_hand - len(self._jobs))
        if asked <= 0:
            self._room.clear()
            await self._room.wait()
            return True
        share = self._share(now)
        try:
            await self._keep_overdue(now)
            consignments = await self._store.lease(
                asked,
                node=settings.node,
                now=now,
                until=now + settings.lease,
                share=share,
            )
        except StoreError as error:
            await self._pause(error)
            return True
        for domain, count in share.put_off.items():
            if domain in self._domains:
                self._domains[domain].give(count, self._monotonic())
        for consignment in consignments:
            self._begin(consignment)
        return sum(len(each.recipients) for each in consignments) >= asked

    def _share(self, now: datetime) -> Share:
        """Say what each domain may have of what is in hand."""
        most, at = self._settings.most_in_hand_each, self._monotonic()
        taken = {domain: pace.in_hand for domain, pace in self._domains.items()}
        turns = {
            domain: Turns(
                now + timedelta(seconds=pace.first(at)), timedelta(seconds=pace.apart(at))
            )
            for domain, pace in self._domains.items()
            if pace.in_hand >= most
        }
        return Share(most, taken, turns)

    def _begin(self, consignment: Consignment) -> None:
        most, at = self._settings.most_in_hand_each, self._monotonic()
        self._domains.setdefault(consignment.domain, _Pace(most, at)).in_hand += 1
        job = asyncio.create_task(self._handle(consignment))
        self._jobs[job] = consignment
        self._until[job] = consignment.until
        job.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        consignment = self._jobs.pop(job)
        del self._until[job]
        self._begun.discard(job)
        pace = self._domains[consignment.domain]
        pace.end(self._monotonic())
        if not pace.in_hand:
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
            await asyncio.gather(
                self._keep_name(), *map(self._renew, list(self._jobs)), return_exceptions=True
            )

    async def _keep_overdue(self, now: datetime) -> None:
        """Keep what is in hand though its time is over: the clock jumped, or the machine slept.

        Else this node would lease it from itself, and deliver it twice.
        """
        overdue = [job for job, until in self._until.items() if until <= now]
        await asyncio.gather(*map(self._renew, overdue))

    async def _renew(self, job: asyncio.Task[None]) -> bool:
        """Keep what the job carries ours; return whether it still is. The job may have ended by now."""
        if job not in self._jobs:
            return False
        until = self._clock() + self._settings.lease
        is_ours = await self._store.renew(self._jobs[job], until=until)
        if is_ours and job in self._until:
            self._until[job] = until
        return is_ours

    async def _drain(self) -> None:
        """Let what has begun end in time; give the rest back."""
        self._stopping.set()
        await asyncio.sleep(0)  # Who is cancelled before the first step gives nothing back.
        for job in list(self._jobs):
            if job not in self._begun:
                job.cancel()
        if self._jobs:
            _, late = await asyncio.wait(list(self._jobs), timeout=self._settings.drain)
            for job in late:
                job.cancel()
            if late:
                await asyncio.wait(late, timeout=self._settings.drain)

    async def _handle(self, consignment: Consignment) -> None:
        job = asyncio.current_task()

        async def begin() -> bool:
            if job is None:
                return True
            if not await self._may_begin(job):
                _log.warning("message %s: its lease ran out here", consignment.message.id)
                return False
            self._begun.add(job)
            return True

        with self._gathering.under_way(consignment):
            rest = await self._expanded(consignment)
            if rest is not None:
                await self._dispatcher.dispatch(rest, begin)

    async def _may_begin(self, job: asyncio.Task[None]) -> bool:
        """Whoever was stopped for long asks first: another node may have carried it since.

        So does everybody while the queue records nothing: what was delivered then would be delivered
        again after a crash.
        """
        while self._clock() >= self._until[job] or self._store.writer_figures().trouble is not None:
            try:
                return await self._renew(job)
            except StoreUnavailableError:
                await asyncio.sleep(1)
        return True

    async def _expanded(self, consignment: Consignment) -> Consignment | None:
        """Return those whose mail is carried; None too where the store did not take the others."""
        if self._expand is None:
            return consignment
        try:
            return await self._expand(consignment)
        except asyncio.CancelledError:
            await self._dispatcher.give_back(consignment, self._clock())
            raise
        except StoreError as error:
            _log.warning("message %s is opened later: %s", consignment.message.id, error)
            due = self._clock() + self._settings.schedule.waits[0]
            await self._dispatcher.give_back(consignment, due)
            return None
