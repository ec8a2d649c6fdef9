"""Mail carried out of a real queue to real servers on loopback, and what is recorded of it."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from whybounce.gateway.delivery.attempts import Attempt, Obstacle
from whybounce.gateway.delivery.carrying import Carry
from whybounce.gateway.delivery.concluding import Notices, Telling
from whybounce.gateway.delivery.destinations import Destination, Maildir, MailExchangers
from whybounce.gateway.delivery.parcels import Parcel
from whybounce.gateway.operating.lives import life_told
from whybounce.gateway.outbound import Outbound, OutboundSettings, Ways
from whybounce.gateway.store import (
    Claim,
    Schedule,
    Store,
    StoreUnavailableError,
    Trouble,
    body_of,
    open_store,
)
from whybounce.gateway.store.rows import (
    Consignment,
    Envelope,
    LeasedRecipient,
    Life,
    NewMessage,
    Outgoing,
    QueuedMessage,
    Recipient,
    Settlement,
    State,
    Terminal,
    Told,
)
from whybounce.provoking.mail_server import Behaviour, Received
from whybounce.vocabulary.envelope import Notify

BODY = b"From: anna@example.net\r\nSubject: Minutes\r\n\r\nSee below.\r\n"
QUICK = Schedule(
    waits=(timedelta(milliseconds=100),),
    jitter=0,
    tell_after=timedelta(hours=4),
    expire_after=timedelta(days=5),
)

LATER = replace(QUICK, waits=(timedelta(seconds=30),))


async def everywhere(message: QueuedMessage, recipient: LeasedRecipient) -> Destination:  # noqa: ARG001  # the seam's shape
    """Resolve by the DNS."""
    return MailExchangers(recipient.domain)


@dataclass
class Reporter:
    """Queues a report about all who failed, and keeps what it was told."""

    tellings: list[Telling] = field(default_factory=list)
    fails: int = 0  # How often it falls over first.

    async def __call__(self, telling: Telling) -> Notices:
        """Make the report."""
        self.tellings.append(telling)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("no words")
        numbers = [each.recipient.number for each in telling.conclusions]
        if not telling.message.sender:
            return Notices(told=dict.fromkeys(numbers, Told.SUPPRESSED))
        report = NewMessage(
            Envelope("", (Recipient(telling.message.sender),)),
            arrived=telling.now,
            expires=telling.now + timedelta(days=5),
            about=telling.message.id,
            due=telling.now + timedelta(days=1),
        )
        body = body_of(b"Subject: Undeliverable\r\n\r\nSorry.\r\n")
        return Notices((Outgoing(report, body),), report=dict.fromkeys(numbers, 0))


@dataclass
class Running:
    """An outbound part that runs, its store, and the world it delivers to."""

    store: Store
    world: object
    outbound: Outbound
    reporter: Reporter

    async def accept(self, *addresses: str, **more: object) -> str:
        """Queue a message."""
        notify = more.pop("notify", None)
        arrived = more.pop("arrived", datetime.now(UTC))
        envelope = Envelope(
            str(more.pop("sender", "anna@example.net")),
            tuple(Recipient(each, notify=notify) for each in addresses or ("ben@example.org",)),
        )
        more = {"expires": arrived + timedelta(days=5), **more}
        return await self.store.accept(NewMessage(envelope, arrived=arrived, **more), body_of(BODY))

    async def life(self, message: str, until: Callable[[Life], bool]) -> Life:
        """Return the message's life once it is so."""
        async with asyncio.timeout(60):
            while not until(life := await self.store.life(message)):  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)
        return life

    async def ended(self, message: str) -> Life:
        """Return the message's life once all its recipients have ended."""
        return await self.life(message, _is_over)


@dataclass
class Jumping:
    """A clock that is set while it runs."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return datetime.now(UTC) + self.ahead


def ends(life: Life) -> list[Terminal | None]:
    """Return how each recipient ended."""
    return [each.outcome and each.outcome.terminal for each in life.entry.recipients]


@pytest.fixture
def running(world, in_memory: Path):
    """Run outbound over a store and a world."""

    @asynccontextmanager
    async def run(
        *,
        reporter: Reporter | None = None,
        resolve=everywhere,
        expand=None,
        wrap=lambda carry: carry,
        prepare=None,
        clock=lambda: datetime.now(UTC),
        **settings: object,
    ) -> AsyncIterator[Running]:
        chance = random.Random(7)  # noqa: S311  # the same in every run
        settings = {"schedule": QUICK, "rest": 0.0, "drain": 2.0, **settings}
        url = f"sqlite:///{in_memory}/queue.db"
        async with world() as w, open_store(url, random_bits=chance.getrandbits) as store:
            if prepare:
                await prepare(w)
            carrier = await w.made()
            known = reporter or Reporter()
            outbound = Outbound(
                store,
                Ways(carry=wrap(carrier.carry), resolve=resolve, expand=expand),
                report=known,
                settings=OutboundSettings(node="a", **settings),
                clock=clock,
                chance=chance.random,
            )
            task = asyncio.create_task(outbound.run())
            try:
                yield Running(store, w, outbound, known)
            finally:
                outbound.stop()
                await asyncio.wait_for(task, 60)

    return run


def serving(**behaviours: Behaviour):
    """Prepare a world with a server for each domain, ``_`` standing for a dot."""

    async def prepare(w) -> None:
        for name, behaviour in behaviours.items():
            domain = name.replace("_", ".")
            await w.serve(f"mx.{domain}", behaviour, domain=domain)

    return prepare


async def test_a_message_is_delivered_and_that_is_written_down(running):
    """Soon after it was accepted, with who took it in which words."""
    async with running(prepare=serving(example_org=Behaviour())) as r:
        life = await r.ended(await r.accept())

    assert ends(life) == [Terminal.RELAYED]
    (attempt,) = life.attempts
    assert (attempt.remote, attempt.address) == ("mx.example.org", "127.0.0.20")
    assert (attempt.code, attempt.status, attempt.command) == (250, "2.0.0", "end of DATA")
    assert r.reporter.tellings == []


async def test_greylisted_mail_is_delivered_at_a_later_try(running):
    """Each try is in the trace."""
    async with running(
        prepare=serving(example_org=Behaviour(replies={"RCPT": "451 4.7.1 Later"}))
    ) as r:
        message = await r.accept()
        await r.life(message, lambda life: len(life.attempts) >= 2)
        r.world.servers["mx.example.org"].behaviour = Behaviour()
        life = await r.ended(message)

    assert ends(life) == [Terminal.RELAYED]
    assert life.entry.recipients[0].tries == len(life.attempts) >= 3


async def test_half_the_recipients_refused_are_reported_in_the_same_transaction(running):
    """One report for all of them, and the others have their message."""
    refused = {
        "RCPT ben@example.org": "550 5.1.1 No such user",
        "RCPT cleo@example.org": "550 5.1.1 No such user",
    }
    async with running(prepare=serving(example_org=Behaviour(replies=refused))) as r:
        message = await r.accept("ben@example.org", "cleo@example.org", "dora@example.org")
        life = await r.ended(message)
        outcomes = [each.outcome for each in life.entry.recipients]
        report = await r.store.life(outcomes[0].report)

    assert ends(life) == [Terminal.FAILED, Terminal.FAILED, Terminal.RELAYED]
    assert outcomes[0].report == outcomes[1].report
    assert (outcomes[0].told, outcomes[2].told) == (Told.REPORTED, None)
    assert outcomes[0].status == "5.1.1"
    assert report.entry.message.about == message
    assert report.entry.recipients[0].address == "anna@example.net"
    (telling,) = r.reporter.tellings
    assert [each.outcome.status is not None for each in telling.conclusions] == [True, True]


async def test_recipients_at_several_domains_who_fail_together_are_told_of_in_one_report(running):
    """One report for a message and a moment; who has the message waits for nobody."""
    no = Behaviour(replies={"RCPT": "550 5.1.1 No such user"})
    may_go_on = asyncio.Event()

    def wrap(carry: Carry) -> Carry:
        async def late(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
            if destination == MailExchangers("c.example"):
                await may_go_on.wait()
            return await carry(destination, parcel)

        return late

    async with running(
        wrap=wrap,
        prepare=serving(a_example=no, b_example=no, c_example=no, d_example=Behaviour()),
    ) as r:
        message = await r.accept("x@a.example", "x@b.example", "x@c.example", "x@d.example")
        early = await r.life(message, lambda life: Terminal.RELAYED in ends(life))
        may_go_on.set()
        life = await r.ended(message)
        outcomes = [each.outcome for each in life.entry.recipients]

    assert ends(early) == [None, None, None, Terminal.RELAYED]
    assert ends(life) == [Terminal.FAILED] * 3 + [Terminal.RELAYED]
    assert len({each.report for each in outcomes[:3]}) == 1
    (telling,) = r.reporter.tellings
    assert {each.recipient.domain for each in telling.conclusions} == {
        "a.example",
        "b.example",
        "c.example",
    }


async def test_a_destination_in_trouble_does_not_stop_the_others(running):
    """A server that says nothing at all holds up its own mail only."""
    async with running(
        prepare=serving(stalled_example=Behaviour(stall_at="BANNER"), example_org=Behaviour()),
        most=10,
        most_each=4,
    ) as r:
        held_up = [await r.accept(f"n{number}@stalled.example") for number in range(50)]
        ids = [await r.accept(f"n{number}@example.org") for number in range(50)]
        lives = [await r.ended(each) for each in ids]
        untried = [each for each in held_up if not (await r.store.life(each)).attempts]
        await asyncio.sleep(0.5)
        stalled = r.world.servers["mx.stalled.example"].connections

    assert all(ends(life) == [Terminal.RELAYED] for life in lives)
    assert untried  # They waited for nobody but their own server.
    assert stalled >= 1


async def test_a_dead_destination_costs_one_timeout_not_one_for_each_message(running):
    """The others are put off with what was met, and count no try."""
    async with running(
        prepare=serving(stalled_example=Behaviour(stall_at="BANNER")), rest=30.0, most_each=1
    ) as r:
        ids = [await r.accept(f"n{number}@stalled.example") for number in range(20)]
        await r.life(ids[0], lambda life: life.entry.recipients[0].tries == 1)
        await asyncio.sleep(0.3)
        lives = [await r.store.life(each) for each in ids]
        connections = r.world.servers["mx.stalled.example"].connections

    assert connections == 1
    assert sum(len(life.attempts) for life in lives) == 1
    assert {life.entry.recipients[0].state for life in lives} == {State.QUEUED}


async def test_who_waits_untried_is_told_what_the_other_message_met(running):
    """In the queue, in its life and in the notice, though it has no try of its own."""
    async with running(
        prepare=serving(stalled_example=Behaviour(stall_at="BANNER")), rest=60.0, most_each=1
    ) as r:
        first = await r.accept("n1@stalled.example")
        await r.life(first, lambda life: bool(life.attempts))
        second = await r.accept("n2@stalled.example")
        life = await r.life(second, lambda life: bool(life.events))
        (met,) = (await r.store.life(first)).attempts
        latest = await r.store.latest_attempts([first, second])
    traced = life_told(life, lambda _: None)
    (untried,) = [each for each in traced.happenings if each.kind == "untried"]

    assert not life.attempts
    assert life.entry.recipients[0].tries == 0
    assert latest[second, 0].error == met.error
    assert latest[second, 0].remote == "mx.stalled.example"
    assert traced.message.recipients[0].cause == "connection-timed-out"
    assert traced.message.recipients[0].said == met.error.partition(": ")[2]
    assert untried.remote == "mx.stalled.example"
    assert untried.text.startswith("Not tried, because of what another message met there")
    assert untried.text.endswith(f"{untried.said}.")


@pytest.mark.parametrize(
    ("behaviour", "status", "inner"),
    [
        (Behaviour(replies={"RCPT": "451 4.7.1 Later"}), "4.4.7", "451 4.7.1 Later"),
        (Behaviour(hang_up_at="BANNER"), "5.4.300", "450 4.4.318 Connection was closed abruptly"),
    ],
    ids=["kept deferring", "never answered"],
)
async def test_when_the_time_is_up_the_last_real_error_is_inside(running, behaviour, status, inner):
    """4.4.7 where a remote kept deferring, 5.4.300 where none ever answered."""
    clock = Jumping()
    async with running(clock=clock, prepare=serving(example_org=behaviour)) as r:
        message = await r.accept()
        await r.life(message, lambda life: len(life.attempts) >= 2)
        clock.ahead = timedelta(days=6)
        life = await r.ended(message)

    assert ends(life) == [Terminal.EXPIRED]
    outcome = r.reporter.tellings[0].conclusions[0].outcome
    assert str(outcome.status) == status
    assert outcome.action == "failed"
    assert str(outcome.reply.inner).startswith(inner)
    assert r.reporter.tellings[0].conclusions[0].cause is None  # What is inside tells it.


async def test_a_remote_that_answered_once_counts_even_if_it_is_gone_at_the_end(running):
    """What earlier tries heard is looked up."""
    clock, busy = Jumping(), Behaviour(replies={"RCPT": "451 4.7.1 Later"})
    async with running(clock=clock, prepare=serving(example_org=busy)) as r:
        message = await r.accept()
        await r.life(message, lambda life: len(life.attempts) >= 1)
        r.world.servers["mx.example.org"].behaviour = Behaviour(hang_up_at="MAIL")
        tries = len((await r.store.life(message)).attempts)
        await r.life(message, lambda life: len(life.attempts) >= tries + 2)
        clock.ahead = timedelta(days=6)
        await r.ended(message)

    outcome = r.reporter.tellings[0].conclusions[0].outcome
    assert str(outcome.status) == "4.4.7"
    assert "4.4.318" in str(outcome.reply.inner)


async def test_a_late_message_is_told_of_once(running):
    """After four hours, with the current deferral; not at every try."""
    async with running(
        prepare=serving(example_org=Behaviour(replies={"RCPT": "451 4.7.1 Later"}))
    ) as r:
        message = await r.accept(arrived=datetime.now(UTC) - timedelta(hours=5))
        life = await r.life(message, lambda life: len(life.attempts) >= 3)

    (telling,) = r.reporter.tellings
    (conclusion,) = telling.conclusions
    assert conclusion.terminal is None
    assert conclusion.outcome.action == "delayed"
    assert str(conclusion.outcome.status) == "4.7.1"
    assert conclusion.outcome.will_retry_until == life.entry.message.expires


@pytest.mark.parametrize(("extensions", "told"), [((), 1), (("DSN",), 0)])
async def test_success_is_told_where_it_was_asked_for_and_nobody_else_will(
    running, extensions, told
):
    """RFC 3461 §5.2.2: relayed to a server without DSN is ours to say."""
    behaviour = Behaviour(extensions=extensions)
    async with running(prepare=serving(example_org=behaviour)) as r:
        life = await r.ended(await r.accept(notify=frozenset({Notify.SUCCESS})))

    assert ends(life) == [Terminal.RELAYED]
    assert len(r.reporter.tellings) == told


async def test_nobody_fails_without_a_report_even_if_the_reporter_falls_over(running, caplog):
    """It is tried again, and the failure stands among the events."""
    async with running(
        reporter=Reporter(fails=1),
        prepare=serving(example_org=Behaviour(replies={"RCPT": "550 5.1.1 No"})),
    ) as r:
        life = await r.ended(await r.accept())

    assert ends(life) == [Terminal.FAILED]
    assert life.entry.recipients[0].outcome.told is Told.REPORTED
    assert [event.kind for event in life.events if event.kind == "report-failed"]
    assert "RuntimeError" in caplog.text


async def test_a_mistake_on_the_way_puts_one_message_off_and_stops_nothing(running, caplog):
    """It is in the log, and the next try may do better."""

    def wrap(carry: Carry) -> Carry:
        tries = []

        async def once(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
            tries.append(parcel)
            if len(tries) == 1:
                raise RuntimeError("a mistake")
            return await carry(destination, parcel)

        return once

    async with running(wrap=wrap, prepare=serving(example_org=Behaviour())) as r:
        life = await r.ended(await r.accept())

    assert ends(life) == [Terminal.RELAYED]
    assert "system-error: RuntimeError on the way" in [each.error for each in life.attempts]
    assert "a mistake" in caplog.text


async def test_a_mistake_at_resolving_one_recipient_leaves_the_others_theirs(running, caplog):
    """It is put off; the next try may do better."""
    tries = []

    async def resolve(message: QueuedMessage, recipient: LeasedRecipient) -> Destination:  # noqa: ARG001  # the seam's shape
        tries.append(recipient.address)
        if tries.count("ben@example.org") == 1 and recipient.address.startswith("ben"):
            raise RuntimeError("a mistake")
        return MailExchangers(recipient.domain)

    async with running(resolve=resolve, prepare=serving(example_org=Behaviour())) as r:
        life = await r.ended(await r.accept("ben@example.org", "dora@example.org"))

    assert ends(life) == [Terminal.RELAYED, Terminal.RELAYED]
    assert [each.tries for each in life.entry.recipients] == [2, 1]
    assert "a mistake" in caplog.text


async def test_what_was_leased_a_moment_before_it_stops_is_given_back(running):
    """Before its first step, too."""
    async with running(prepare=serving(example_org=Behaviour()), most_each=1) as r:
        lease = r.store.lease

        async def leased(most: int, **more: object) -> tuple[Consignment, ...]:
            found = await lease(most, **more)
            if found:
                r.outbound.stop()
            return found

        r.store.lease = leased
        ids = [await r.accept() for _ in range(3)]
        lives = [
            await r.life(each, lambda life: life.entry.recipients[0].node is None) for each in ids
        ]

    assert {life.entry.recipients[0].state for life in lives} <= {State.QUEUED, State.DONE}


async def test_recipients_of_one_message_may_go_to_different_places(running, tmp_path: Path):
    """A mailbox here, a server there, and nowhere; one settlement."""

    async def resolve(message: QueuedMessage, recipient: LeasedRecipient):  # noqa: ARG001, ANN202  # the seam's shape
        if recipient.address.startswith("ben"):
            return Maildir(tmp_path / "ben")
        if recipient.address.startswith("gone"):
            return Obstacle("no-such-mailbox", "nobody of that name", permanent=True)
        return MailExchangers(recipient.domain)

    async with running(resolve=resolve, prepare=serving(example_org=Behaviour())) as r:
        life = await r.ended(
            await r.accept("ben@example.org", "gone@example.org", "dora@example.org")
        )

    assert ends(life) == [Terminal.DELIVERED, Terminal.FAILED, Terminal.RELAYED]
    (file,) = (tmp_path / "ben" / "new").iterdir()
    assert file.read_bytes().startswith(
        b"Return-Path: <anna@example.net>\nDelivered-To: ben@example.org\n"
    )


async def test_what_waits_is_given_back_when_it_stops_and_what_runs_may_end(running):
    """Nothing is lost, nothing is left leased."""
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    def wrap(carry: Carry) -> Carry:
        async def slowly(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
            begun.set()
            await may_go_on.wait()
            return await carry(destination, parcel)

        return slowly

    servers = serving(example_org=Behaviour())
    async with running(wrap=wrap, most_each=1, drain=60.0, prepare=servers) as r:
        ids = [await r.accept(f"n{number}@example.org") for number in range(5)]
        async with asyncio.timeout(60):
            await begun.wait()
            while r.outbound.in_hand < 5:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)
            r.outbound.stop()
            while r.outbound.in_hand > 1:  # noqa: ASYNC110  # likewise
                await asyncio.sleep(0.02)
            may_go_on.set()
            while r.outbound.in_hand:  # noqa: ASYNC110  # likewise
                await asyncio.sleep(0.02)
        lives = [await r.store.life(each) for each in ids]

    states = sorted(life.entry.recipients[0].state for life in lives)
    assert states == [State.DONE, *[State.QUEUED] * 4]
    assert all(life.entry.recipients[0].node is None for life in lives)


async def test_what_is_being_opened_when_it_stops_is_given_back(running):
    """Else another node would have it only when the lease has run out."""
    begun = asyncio.Event()

    async def open_for_ever(consignment: Consignment) -> None:  # noqa: ARG001  # the seam's shape
        begun.set()
        await asyncio.Event().wait()

    async with running(expand=open_for_ever) as r:
        message = await r.accept()
        async with asyncio.timeout(60):
            await begun.wait()
        r.outbound.stop()
        async with asyncio.timeout(60):
            while r.outbound.in_hand:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)
        life = await r.store.life(message)

    assert life.entry.recipients[0].state is State.QUEUED
    assert life.entry.recipients[0].node is None


async def test_a_delivery_that_does_not_end_is_cut_off_and_given_back(running):
    """After the time it may take to drain."""

    def wrap(carry: Carry) -> Carry:  # noqa: ARG001  # it is never asked
        async def forever(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:  # noqa: ARG001  # the seam's shape
            await asyncio.Event().wait()
            raise AssertionError

        return forever

    async with running(wrap=wrap, drain=0.2, prepare=serving(example_org=Behaviour())) as r:
        message = await r.accept()
        await r.life(message, lambda life: life.entry.recipients[0].node == "a")
        r.outbound.stop()
        life = await r.life(message, lambda life: life.entry.recipients[0].node is None)

    assert life.entry.recipients[0].state is State.QUEUED


async def test_the_lease_of_a_slow_delivery_is_prolonged(running):
    """Longer than one lease lasts, and delivered once."""

    def wrap(carry: Carry) -> Carry:
        async def slowly(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
            await asyncio.sleep(1)
            return await carry(destination, parcel)

        return slowly

    async with running(
        wrap=wrap, lease=timedelta(seconds=0.3), prepare=serving(example_org=Behaviour())
    ) as r:
        life = await r.ended(await r.accept())
        received = r.world.servers["mx.example.org"].received

    assert ends(life) == [Terminal.RELAYED]
    assert len(received) == 1


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1)], ids=["ahead", "back"])
async def test_a_clock_that_jumps_during_a_delivery_makes_no_second_one(running, jump):
    """Though its lease seems over, and a look at the queue comes right then."""
    clock, carried = Jumping(), []

    def wrap(carry: Carry) -> Carry:
        async def slowly(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
            carried.append(parcel.message.id)
            clock.ahead = jump
            await asyncio.sleep(1)
            return await carry(destination, parcel)

        return slowly

    async with running(wrap=wrap, clock=clock, prepare=serving(example_org=Behaviour())) as r:
        first = await r.accept(arrived=clock())
        async with asyncio.timeout(60):
            while not carried:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)
        second = await r.accept(arrived=clock())  # Which makes it look.
        lives = [await r.ended(first), await r.ended(second)]
        received = r.world.servers["mx.example.org"].received

    assert [ends(life) for life in lives] == [[Terminal.RELAYED], [Terminal.RELAYED]]
    assert sorted(carried) == sorted([first, second])
    assert len(received) == 2


@pytest.mark.parametrize("rounds", range(6))
async def test_what_is_in_hand_may_end_just_when_its_lease_is_looked_after(running, rounds):
    """It ends so many rounds of the event loop after a hint that makes outbound look."""
    clock, may_end, opened = Jumping(), asyncio.Event(), asyncio.Queue()

    async def open_and_wait(consignment: Consignment) -> None:
        opened.put_nowait(consignment.message.id)
        await may_end.wait()
        for _ in range(rounds):
            await asyncio.sleep(0)

    async with running(clock=clock, expand=open_and_wait) as r, asyncio.timeout(30):
        assert await r.accept(arrived=clock()) == await opened.get()
        await asyncio.sleep(0.1)  # Until it waits for a hint.
        clock.ahead = timedelta(hours=1)
        may_end.set()
        r.store.hints.give()
        await asyncio.sleep(0.1)
        later = await r.accept(arrived=clock())
        while await opened.get() != later:  # It looks on.
            continue


async def test_a_clock_that_goes_back_makes_what_was_put_off_wait_so_much_longer(running):
    """Nothing else waits, and nothing is lost: set right, it goes on."""
    clock = Jumping()
    busy = Behaviour(replies={"RCPT": "451 4.7.1 Come back later"})
    servers = serving(example_org=busy, example_net=Behaviour())
    async with running(clock=clock, prepare=servers, schedule=LATER) as r:
        late = await r.accept("ben@example.org", arrived=clock())
        await r.life(late, lambda life: bool(life.entry.recipients[0].tries))
        clock.ahead = timedelta(hours=-1)
        await r.ended(await r.accept("ben@example.net", arrived=clock()))
        waits = (await r.store.life(late)).entry.recipients[0].due - clock()
        r.world.servers["mx.example.org"].behaviour = Behaviour()
        clock.ahead = timedelta(minutes=1)
        await r.ended(await r.accept("ben@example.net", arrived=clock()))
        life = await r.ended(late)

    assert timedelta(hours=1) < waits < timedelta(hours=1, minutes=1)
    assert ends(life) == [Terminal.RELAYED]


async def test_a_clock_that_jumps_ahead_ages_what_waits(running):
    """By a day, of the five it has: it is tried at once, and its sender hears only in the end."""
    clock = Jumping()
    busy = Behaviour(replies={"RCPT": "451 4.7.1 Come back later"})
    async with running(clock=clock, prepare=serving(example_org=busy), schedule=LATER) as r:
        late = await r.accept(arrived=clock(), notify=frozenset({Notify.FAILURE}))
        await r.life(late, lambda life: life.entry.recipients[0].tries == 1)
        clock.ahead = timedelta(days=1)
        r.store.hints.give()  # A minute later it looks by itself.
        life = await r.life(late, lambda life: life.entry.recipients[0].tries == 2)
        clock.ahead = timedelta(days=5, minutes=5)
        r.store.hints.give()
        last = await r.ended(late)

    assert ends(life) == [None]
    assert ends(last) == [Terminal.EXPIRED]


async def test_what_was_delivered_is_settled_once_the_store_works_again(running, monkeypatch):
    """Not delivered again: the settlement waits."""
    async with running(prepare=serving(example_org=Behaviour())) as r:
        settle, failures = r.store.settle, [1]

        async def unsure(settlement: Settlement) -> Sequence[str]:
            if failures:
                failures.pop()
                raise StoreUnavailableError(Trouble.FULL, "no room")
            return await settle(settlement)

        monkeypatch.setattr(r.store, "settle", unsure)
        life = await r.ended(await r.accept())
        received = r.world.servers["mx.example.org"].received

    assert ends(life) == [Terminal.RELAYED]
    assert len(received) == 1


async def test_nothing_is_begun_while_what_was_delivered_cannot_be_recorded(
    running, in_memory: Path
):
    """The disk is full: a crash now would deliver again what is under way, and no more than that."""
    full, gone_on = [], asyncio.Event()

    def refuse(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        is_ours = str(connection.engine.url.database).startswith(str(in_memory))
        if full and is_ours and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            no_room = sqlite3.OperationalError("database or disk is full")
            no_room.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise OperationalError(statement, {}, no_room)

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        async with running(prepare=serving(example_org=Behaviour()), most_each=1) as r:
            server, taken = r.world.servers["mx.example.org"], []

            async def keep(received: Received) -> None:
                taken.append(received.recipients[0])
                if len(taken) == 1:
                    await gone_on.wait()
                while len(taken) == 2 and not r.store.writer_figures().failures:  # noqa: ASYNC110  # nothing tells of it
                    await asyncio.sleep(0.02)

            server.keep = keep
            ids = [await r.accept(f"n{n}@example.org") for n in range(4)]
            async with asyncio.timeout(60):
                while r.outbound.in_hand < 4 or not taken:  # noqa: ASYNC110  # likewise
                    await asyncio.sleep(0.02)
                full.append("from now on")
                gone_on.set()
                while r.store.writer_figures().failures < 5:  # noqa: ASYNC110  # likewise
                    await asyncio.sleep(0.02)
            meanwhile = list(taken)
            full.clear()
            lives = [await r.ended(each) for each in ids]
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)

    assert len(meanwhile) == 2, "the second began before the first was to be recorded"
    assert [ends(life) for life in lives] == [[Terminal.RELAYED]] * 4
    assert sorted(taken) == [f"n{n}@example.org" for n in range(4)]


async def test_what_could_not_be_opened_is_given_back_once_the_store_works_again(
    running, monkeypatch
):
    """Else the database's restart would cost it the rest of its lease: five minutes."""
    async with running(prepare=serving(example_org=Behaviour())) as r:
        give_back, away = r.store.give_back, [1, 2]

        async def expand(consignment: Consignment) -> Consignment:
            if away:
                raise StoreUnavailableError(Trouble.UNREACHABLE, "no answer")
            return consignment

        async def unsure(consignment: Consignment, *, due: datetime) -> bool:
            if away:
                away.pop()
                raise StoreUnavailableError(Trouble.UNREACHABLE, "no answer")
            return await give_back(consignment, due=due)

        monkeypatch.setattr(r.outbound, "_expand", expand)
        monkeypatch.setattr(r.store, "give_back", unsure)
        life = await r.ended(await r.accept())

    assert ends(life) == [Terminal.RELAYED]


async def test_a_node_whose_name_another_has_taken_says_so(running, caplog):
    """Each time that one of them starts, what the other has in hand would be given back."""
    async with running(prepare=serving(), lease=timedelta(seconds=0.6)) as r:
        await asyncio.sleep(0.5)
        assert "another gateway" not in caplog.text
        now = datetime.now(UTC)
        taken = await r.store.take(
            Claim("node a", "another life", now + timedelta(days=1), now + timedelta(hours=1))
        )
        async with asyncio.timeout(30):
            while "another gateway runs as node a on this queue" not in caplog.text:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)

    assert taken is not None
    assert "--node" in caplog.text


async def test_an_idle_queue_is_not_asked_again_and_again(running, monkeypatch):
    """It sleeps until something is due or accepted."""
    async with running(prepare=serving(example_org=Behaviour())) as r:
        await r.ended(await r.accept())
        lease, asked = r.store.lease, []

        async def counted(most: int, **more: object) -> tuple[Consignment, ...]:
            asked.append(most)
            return await lease(most, **more)

        monkeypatch.setattr(r.store, "lease", counted)
        async with asyncio.timeout(60):
            while True:  # Until what came of the last one has been seen, on a busy machine too.
                before = len(asked)
                await asyncio.sleep(1)
                if len(asked) <= before + 1:
                    break
        await r.ended(await r.accept())  # It was woken, or this would wait too long.


async def test_a_domain_with_too_much_in_hand_leaves_room_for_others(running):
    """What is over the limit is given back for later."""
    async with running(
        prepare=serving(stalled_example=Behaviour(stall_at="BANNER"), example_org=Behaviour()),
        most_in_hand=10,
        most_in_hand_each=5,
        most_each=1,
        batch=10,
        rest=0.5,
    ) as r:
        for number in range(30):
            await r.accept(f"n{number}@stalled.example")
        life = await r.ended(await r.accept())

    assert ends(life) == [Terminal.RELAYED]


async def test_a_backlog_for_one_domain_goes_on_as_fast_as_that_takes_it(running):
    """However many are leased at once, some are begun; the others do not wait as for a dead server."""
    async with running(
        prepare=serving(example_org=Behaviour()),
        most_in_hand=50,
        most_in_hand_each=5,
        batch=20,
        rest=3600.0,
    ) as r:
        some = [await r.accept(f"n{number}@example.org") for number in range(60)]
        lives = [await r.ended(each) for each in some]
        received = r.world.servers["mx.example.org"].received

    assert [ends(life) for life in lives] == [[Terminal.RELAYED]] * 60
    assert len(received) == 60


def _is_over(life: Life) -> bool:
    return all(each.outcome for each in life.entry.recipients)


async def test_a_flooded_mailbox_is_delivered_to_a_few_at_a_time_and_the_rest_later(
    running, tmp_path
):
    """The mail of others is not held up, and nothing is lost."""
    held, inside, most = asyncio.Event(), 0, 0

    async def resolve(message: QueuedMessage, recipient: LeasedRecipient) -> Destination:  # noqa: ARG001  # the seam's shape
        return Maildir(tmp_path / recipient.address)

    def slowly(carry: Carry) -> Carry:
        async def carried(destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
            nonlocal inside, most
            if parcel.recipients[0].address.startswith("ben"):
                inside += 1
                most = max(most, inside)
                await held.wait()
                inside -= 1
            return await carry(destination, parcel)

        return carried

    async with running(resolve=resolve, wrap=slowly, most_each_mailbox=2, mailbox_wait=0.0) as r:
        ids = [await r.accept("ben@example.org") for _ in range(6)]
        other = await r.ended(await r.accept("anna@example.org"))
        crowded = await r.life(ids[-1], lambda life: bool(life.attempts))
        held.set()
        lives = [await r.ended(each) for each in ids]

    assert ends(other) == [Terminal.DELIVERED]
    assert crowded.attempts[0].error.startswith("recipient-thread-limit: 2 deliveries")
    assert [ends(life) for life in lives] == [[Terminal.DELIVERED]] * 6
    assert most == 2
