"""The store as its callers see it: each method a sentence, each answer durable when it comes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from whybounce.gateway.store import (
    accepting,
    blocking,
    bodies,
    counting,
    figuring,
    holding,
    leasing,
    operating,
    purging,
    quarantining,
    recording,
    settling,
    tracing,
)
from whybounce.gateway.store.blocking import Lifting, NewBlock
from whybounce.gateway.store.bodies import IncomingBody, Memory
from whybounce.gateway.store.errors import CorruptBodyError, StoreUnavailableError, Trouble
from whybounce.gateway.store.hints import Due, Hints
from whybounce.gateway.store.holding import Claim
from whybounce.gateway.store.identity import Ids, RandomBits
from whybounce.gateway.store.leasing import Order, Share
from whybounce.gateway.store.opening import Opened, open_queue
from whybounce.gateway.store.operating import Instruction
from whybounce.gateway.store.purging import Retention
from whybounce.gateway.store.quarantining import Damage
from whybounce.gateway.store.reader import Reader
from whybounce.gateway.store.rows import (
    NO_CALLS,
    Attempt,
    Block,
    Body,
    Consignment,
    Event,
    Figures,
    Life,
    NewMessage,
    Outgoing,
    Page,
    Purged,
    Settlement,
    Touched,
    Trace,
)
from whybounce.gateway.store.spool import body_name
from whybounce.gateway.store.tracing import Filter
from whybounce.gateway.store.watching import Watch
from whybounce.gateway.store.writer import (
    Answer,
    Argument,
    Perform,
    Transaction,
    Writer,
    WriterFigures,
)

_SMALL_BODY = 32 << 10  # Octets; larger ones take longer to read than to hand to another thread.


class Store:
    """Messages, their queue, their lives, and what is counted and blocked.

    Every method may raise ``StoreUnavailableError``: answer 4xx and try again later. A method that
    returns has made what it did durable.
    """

    def __init__(self, opened: Opened, random_bits: RandomBits, memory: int) -> None:
        """Bind to the running loop. Use ``open_store``."""
        self.hints = Hints()
        self.watch: Watch | None = None  # Told of what has become durable.
        self.calls = NO_CALLS  # Whom to tell of what happens.
        self.changes = 0  # By this process, of what is asked for with every message.
        self._opened = opened
        self._name = f"{random_bits(64):016x}"  # By which it knows what it told others.
        self._random_bits = random_bits
        self._memory = Memory(memory)
        self._closed = False
        self._stuck: set[quarantining.Key] = set()
        self._ids = Ids(random_bits)
        self._reader = Reader(opened.reading, opened.dialect.unavailable)
        self._writer = Writer(
            opened.writing,
            begin=self._transaction,
            unavailable=opened.dialect.unavailable,
            something_due=self._due,
            tell_others=lambda connection, due: opened.dialect.tell(connection, self._name, due),
            committed=self._committed,
        )

    async def hear(self) -> None:
        """Take the hints of other nodes; runs until cancelled."""
        await self._opened.dialect.hear(self._opened.url, self._name, self._due)

    def _due(self, what: Collection[Due]) -> None:
        """Wake who carries it."""
        if Due.MAIL in what:
            self.hints.give()
        if Due.CALLS in what:
            self.calls.made()

    def _transaction(self, connection: Connection) -> Transaction:
        return Transaction(
            connection,
            self._opened.dialect.insert,
            self._ids,
            self._opened.spool,
            calls=self.calls,
        )

    def _committed(self, operations: int, seconds: float) -> None:
        if self.watch is not None:
            self.watch.committed(operations, seconds)

    async def close(self) -> None:
        """Finish what was asked for, and let the queue go."""
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        await self._reader.close()
        self._opened.release()

    def receive(self) -> IncomingBody:
        """Return a body to write to, used as ``async with store.receive() as body``."""
        return IncomingBody(
            self._opened.spool,
            self._memory,
            self._reader,
            lambda: body_name(self._random_bits),
        )

    async def accept(self, message: NewMessage, body: Body | IncomingBody) -> str:
        """Take the message; return its id. After that, 250 may be said."""
        whole = body if isinstance(body, Body) else await body.finish()
        if isinstance(body, IncomingBody):
            body.accepted()
        outgoing = Outgoing(message, whole)
        id_ = await self._writer.do(
            accepting.accept,
            outgoing,
            octets=len(whole.data or b""),
            undo=lambda: self._remove([outgoing]),
        )
        if self.watch is not None:
            self.watch.accepted(id_, message)
        return id_

    async def lease(
        self, most: int, *, node: str, now: datetime, until: datetime, share: Share | None = None
    ) -> tuple[Consignment, ...]:
        """Return recipients that are due, for the node alone, until then.

        Of a domain that has its share already, what is due is put off. Where that or the share left
        something out, a hint is given: there may be more for others.
        """
        return await self._lease(Order(most, node, now, until, self._stuck, share=share))

    async def lease_message(
        self,
        message: str,
        *,
        most: int,
        node: str,
        now: datetime,
        until: datetime,
        held: bool = False,
    ) -> tuple[Consignment, ...]:
        """Return this message's recipients that are queued and nobody's, due or not.

        Args:
            message: Its id.
            most: How many recipients.
            node: For whom.
            now: From when …
            until: … until when they are the node's alone.
            held: Whether also those that an operator holds; they are queued then.

        Raises:
            UnknownMessageError: There is no such message.

        """
        order = Order(most, node, now, until, self._stuck, message, held=held)
        return await self._lease(order)

    async def _lease(self, order: Order) -> tuple[Consignment, ...]:
        try:
            return await self._writer.do(leasing.lease, order)
        except quarantining.SUSPECT as error:
            if not quarantining.is_damage(error):
                raise
        keys = await self._reader.read(lambda connection: leasing.free(connection, order))
        leased: list[Consignment] = []
        for message, number in keys:
            leased += await self._lease_alone(replace(order, message=message, number=number))
        return tuple(leased)

    async def _lease_alone(self, order: Order) -> tuple[Consignment, ...]:
        """Lease one recipient, or set it aside.

        Each in a transaction of its own: after SQLite has met a damaged page, it writes nothing
        more in the same one.
        """
        try:
            return await self._writer.do(leasing.lease, order)
        except quarantining.SUSPECT as error:
            if not quarantining.is_damage(error) or order.message is None:
                raise
            await self._set_aside(order.message, order.number, error, order.node, order.now)
            return ()

    async def _set_aside(
        self, message: str, number: int | None, error: Exception, node: str, now: datetime
    ) -> None:
        """Take the recipient out of the queue, or pass it over where even that cannot be written."""
        reason = error.said if isinstance(error, StoreUnavailableError) else str(error)
        damage = Damage(message, reason, node, now, number)
        try:
            await self._writer.do(quarantining.set_aside, damage)
        except StoreUnavailableError as worse:
            if worse.trouble is not Trouble.CORRUPT or number is None:
                raise
            self._stuck.add((message, number))
            text = f"message {message}, recipient {number}, is on a damaged page: {reason}"
            await self.record(Event(now, "unreadable", node, text))

    async def renew(self, consignment: Consignment, *, until: datetime) -> bool:
        """Prolong the lease; return whether all of it was still held."""
        renewal = leasing.Renewal(consignment, until, keep=True)
        return await self._writer.do(leasing.renew, renewal)

    async def give_back(self, consignment: Consignment, *, due: datetime) -> bool:
        """End the lease untried, to be due then; return whether all of it was still held."""
        renewal = leasing.Renewal(consignment, due, keep=False)
        return await self._writer.do(leasing.renew, renewal)

    async def give_back_all(self, node: str, *, now: datetime) -> int:
        """End all leases of a node that begins anew; return how many recipients they were."""
        return await self._writer.do(leasing.give_back_all, leasing.Restart(node, now))

    async def settle(self, settlement: Settlement) -> tuple[str, ...]:
        """Record what a delivery session ended with; return the ids of the messages it queued.

        Raises:
            LeaseLostError: Somebody else has some of the recipients; nothing was recorded.
            BodyGoneError: A message was to share a body that is gone; nothing was recorded.

        """
        try:
            queued = await self._writer.do(
                settling.settle,
                settlement,
                octets=sum(len(each.body.data or b"") for each in settlement.messages),
                undo=lambda: self._remove(settlement.messages),
            )
        except StoreUnavailableError as error:
            if error.trouble is Trouble.CORRUPT:  # What cannot be recorded is not tried again.
                message = settlement.consignment.message.id
                self._stuck.update((message, number) for number in settlement.settled())
            raise
        if self.watch is not None:
            self.watch.settled(settlement, queued)
        return queued

    async def next_due(self) -> datetime | None:
        """Return when a recipient is due next, or a lease ends; None where nothing is queued."""
        return await self._reader.read(leasing.next_due)

    async def body(self, message: str, *, node: str, now: datetime) -> AsyncGenerator[bytes, None]:
        """Yield the message's header and content in pieces of at most 256 KB.

        Args:
            message: Its id.
            node: Who asks.
            now: When.

        Raises:
            CorruptBodyError: It is damaged. The last piece was not given, and the message has been
                set aside.
            BodyGoneError: The message is finished.
            UnknownMessageError: There is no such message.

        """
        try:
            async for piece in bodies.pieces(self.ask, self._reader, self._opened.spool, message):
                yield piece
        except CorruptBodyError as error:
            damage = Damage(message, error.reason, node, now)
            await self._writer.do(quarantining.set_aside, damage)
            raise

    async def whole_body(self, message: str, *, node: str, now: datetime, octets: int) -> bytes:
        """Return the message's header and content; likewise.

        Args:
            message: Its id.
            node: Who asks.
            now: When.
            octets: How large it is: a small one is read as ``ask_briefly`` does.

        """
        find = self.ask_briefly if octets <= _SMALL_BODY else self.ask
        try:
            return await bodies.whole(find, self._reader, self._opened.spool, message)
        except CorruptBodyError as error:
            damage = Damage(message, error.reason, node, now)
            await self._writer.do(quarantining.set_aside, damage)
            raise

    async def operate(self, instruction: Instruction) -> Touched:
        """Do what an operator wants.

        Raises:
            UnknownMessageError: There is no such message.

        """
        touched = await self._writer.do(operating.operate, instruction)
        if self.watch is not None:
            self.watch.operated(instruction, touched)
        return touched

    async def record(self, event: Event) -> None:
        """Write down what happened: a refusal, for a trace to find."""
        await self._writer.do(recording.record, event)
        if self.watch is not None:
            self.watch.recorded(event)

    async def count(self, counts: Mapping[str, int], *, now: datetime) -> None:
        """Add to counters what belongs to no message."""
        await self._writer.do(counting.add, (now, counts))

    async def counted(self, keys: Collection[str], *, since: datetime) -> dict[str, int]:
        """Return the counters' sums since the beginning of that minute."""
        return await self._reader.read(lambda c: counting.counted(c, keys, since))

    async def forget(self, keys: Collection[str]) -> None:
        """Begin counters anew."""
        await self._writer.do(counting.forget, keys)

    async def block(self, block: NewBlock) -> str:
        """Put a restriction in force; return its id."""
        blocked = await self._writer.do(blocking.block, block)
        self.changes += 1
        return blocked

    async def lift(self, lifting: Lifting) -> Block | None:
        """Lift a restriction; return it, or None where it was not in force."""
        lifted = await self._writer.do(blocking.lift, lifting)
        self.changes += 1
        return lifted

    async def blocks(
        self, *, now: datetime, kind: str | None = None, subject: str | None = None
    ) -> tuple[Block, ...]:
        """Return the restrictions in force, oldest first."""
        return await self._reader.read(
            lambda c: blocking.in_force(c, now, kind=kind, subject=subject)
        )

    async def take(self, claim: Claim) -> int | None:
        """Take or keep a token; return its number, or None where another holds it."""
        return await self._writer.do(holding.take, claim)

    async def give_up(self, claim: Claim) -> None:
        """Let a token go."""
        await self._writer.do(holding.give_up, claim)

    async def purge(self, retention: Retention) -> Purged:
        """Remove a batch of what was kept long enough; call again until nothing went."""
        return await self._writer.do(purging.purge, retention)

    async def sweep(self, *, before: datetime) -> int:
        """Remove files of bodies that no row names and nobody has written to since; return how many."""
        names = await self._reader.run(lambda: list(self._opened.spool.names(before.timestamp())))
        orphans = await self._reader.read(lambda c: bodies.unnamed(c, names))
        for name in orphans:
            self._opened.spool.remove(name)
        return len(orphans)

    async def queue(self, which: Filter, *, most: int, after: str | None = None) -> Page:
        """Return a page of the unfinished messages, oldest first."""
        return await self._reader.read(lambda c: tracing.queue(c, which, most=most, after=after))

    async def latest_attempts(self, messages: Collection[str]) -> dict[tuple[str, int], Attempt]:
        """Return the last attempt of each recipient without an end, by message and number."""
        return await self._reader.read(lambda c: tracing.latest_attempts(c, messages))

    async def life(self, message: str) -> Life:
        """Return everything about a message.

        Raises:
            UnknownMessageError: There is no such message.

        """
        return await self._reader.read(lambda c: tracing.life(c, message))

    async def trace(
        self, wanted: str | None, *, since: datetime, until: datetime, most: int
    ) -> Trace:
        """Return the lives of the messages with that id, Message-ID, address or domain, newest first; None: the latest."""
        return await self._reader.read(
            lambda c: tracing.trace(c, wanted, since=since, until=until, most=most)
        )

    async def happened(self, kind: str, *, since: datetime, most: int) -> tuple[Event, ...]:
        """Return the events of a kind since then, oldest first."""
        return await self._reader.read(lambda c: tracing.happened(c, kind, since=since, most=most))

    async def figures(self, *, now: datetime) -> Figures:
        """Return how the queue stands, for metrics."""
        return await self._reader.read(lambda c: figuring.figures(c, now))

    async def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """Return what the question finds; for who keeps tables of its own in this database."""
        return await self._reader.read(question)

    async def ask_briefly(self, question: Callable[[Connection], Answer]) -> Answer:
        """Do as ``ask`` does, for what a few rows found by an index answer.

        A file of ours is read here and now, which takes a fifth of what another thread would.
        """
        if self._opened.dialect.AT_HAND and not self._closed:
            return self._reader.read_at_hand(question)
        return await self._reader.read(question)

    async def perform(self, perform: Perform[Argument, Answer], argument: Argument) -> Answer:
        """Return what the operation answers, once it is durable; likewise."""
        answer = await self._writer.do(perform, argument)
        self.changes += 1
        return answer

    def writer_figures(self) -> WriterFigures:
        """Return how the writer is, for metrics and for the health endpoint."""
        return self._writer.figures()

    def _remove(self, outgoing: Sequence[Outgoing]) -> None:
        """Remove the files of bodies that were certainly not recorded."""
        for each in outgoing:
            if each.body.file is not None:
                self._opened.spool.remove(each.body.file)


@asynccontextmanager
async def open_store(
    url: str, *, random_bits: RandomBits, memory: int = bodies.MEMORY_LIMIT
) -> AsyncIterator[Store]:
    """Open the queue, made or brought up to date if need be; close it at the end.

    Args:
        url: ``sqlite:////var/lib/whybounce/queue.db`` or ``postgresql://user@host/name``.
        random_bits: ``secrets.randbits``; a seeded generator's ``getrandbits`` in tests.
        memory: How many octets of bodies being received are held at once.

    Raises:
        StoreSetupError: The URL or the place is wrong, or a newer release wrote the queue.
        StoreInUseError: Another process owns the queue.
        StoreUnavailableError: The database does not work.

    """
    store = Store(await asyncio.to_thread(open_queue, url), random_bits, memory)
    hearing = asyncio.create_task(store.hear())
    try:
        yield store
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await store.close()
