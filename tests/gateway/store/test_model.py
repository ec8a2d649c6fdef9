"""The store against a model of a few lines: whatever is done in whatever order, crashes included."""

import asyncio
import random
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from whybounce.gateway.store import (
    BodyGoneError,
    Deed,
    Instruction,
    LeaseLostError,
    Retention,
    body_of,
    open_store,
)
from whybounce.gateway.store.rows import (
    Attempt,
    Consignment,
    Deferral,
    Envelope,
    NewMessage,
    Outgoing,
    Recipient,
    Retirement,
    Settlement,
    State,
    Terminal,
    Told,
)

ADDRESSES = ("ben@example.net", "carol@example.net", "dora@example.com")
LEASE = timedelta(minutes=5)
ENDS = st.sampled_from(["delivered", "deferred", "reported", "withheld"])


@dataclass
class ModelRecipient:
    """What the model knows of a recipient."""

    due: datetime | None
    state: State = State.QUEUED
    lease: int | None = None
    tries: int = 0
    terminal: Terminal | None = None
    report: str | None = None

    def free(self, now: datetime) -> bool:
        """Return whether nobody is at it."""
        return self.state is State.QUEUED and (self.lease is None or self.due <= now)


@dataclass
class ModelMessage:
    """What the model knows of a message."""

    body: bytes
    recipients: list[ModelRecipient] = field(default_factory=list)
    finished: datetime | None = None

    def finish(self, now: datetime) -> None:
        """Note that it is, if it is."""
        if self.finished is None and all(each.state is State.DONE for each in self.recipients):
            self.finished = now


class StoreAgainstModel(RuleBasedStateMachine):
    """Each rule does the same to both, and compares the answers."""

    in_memory: Path
    consignments = Bundle("consignments")

    @initialize(seed=st.integers(0, 2**32))
    def open(self, seed: int) -> None:
        """Begin with an empty queue."""
        self.random = random.Random(seed)  # noqa: S311  # Hypothesis chose the seed
        self.folder = Path(tempfile.mkdtemp(dir=self.in_memory))
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.messages: dict[str, ModelMessage] = {}
        self.runner = asyncio.Runner()
        self._open()

    def _open(self) -> None:
        # A body of more octets than that goes to a file.
        self.opening = open_store(
            f"sqlite:///{self.folder}/queue.db", random_bits=self.random.getrandbits, memory=1000
        )
        self.store = self.runner.run(self.opening.__aenter__())

    def teardown(self) -> None:
        """Let go of everything."""
        if hasattr(self, "store"):
            self.runner.run(self.opening.__aexit__(None, None, None))
            self.runner.close()
            shutil.rmtree(self.folder)

    def _message(self, count: int, sender: str = "anna@example.org") -> NewMessage:
        recipients = tuple(Recipient(address) for address in ADDRESSES[:count])
        return NewMessage(Envelope(sender, recipients), self.now, self.now + timedelta(days=5))

    def _model(self, id_: str, count: int, body: bytes) -> None:
        assert id_ not in self.messages
        recipients = [ModelRecipient(due=self.now) for _ in range(count)]
        self.messages[id_] = ModelMessage(body, recipients)

    @rule(count=st.integers(1, 3), size=st.sampled_from([0, 10, 3000]))
    def accept(self, count: int, size: int) -> None:
        """Take a message, with its body in the row or in a file."""
        body = self.random.randbytes(size)

        async def receive() -> str:
            async with self.store.receive() as incoming:
                await incoming.write(body)
                return await self.store.accept(self._message(count), incoming)

        self._model(self.runner.run(receive()), count, body)

    @rule(
        target=consignments,
        seconds=st.sampled_from([0, 0, 1, 60, 300, 3600]),
        most=st.integers(1, 5),
        node=st.sampled_from("ab"),
    )
    def lease(self, seconds: int, most: int, node: str) -> MultipleResults[Consignment]:
        """Wait, and lease what is due: exactly that, those longest due first."""
        self.now += timedelta(seconds=seconds)
        leased = self.runner.run(
            self.store.lease(most, node=node, now=self.now, until=self.now + LEASE)
        )
        due = sorted(
            (each.due, id_, number)
            for id_, message in self.messages.items()
            for number, each in enumerate(message.recipients)
            if each.state is State.QUEUED and each.due <= self.now
        )[:most]
        given = {(one.message.id, each.number): one for one in leased for each in one.recipients}

        assert sorted(given) == sorted((id_, number) for _, id_, number in due)
        for (id_, number), one in given.items():
            mine = self.messages[id_].recipients[number]
            mine.lease, mine.due = one.lease, self.now + LEASE
            (theirs,) = (each for each in one.recipients if each.number == number)
            assert (theirs.tries, theirs.address) == (mine.tries, ADDRESSES[number])
        for one in leased:
            assert self.runner.run(self._read(one.message.id)) == self.messages[one.message.id].body
        return multiple(*leased)

    async def _read(self, id_: str) -> bytes:
        pieces = [piece async for piece in self.store.body(id_, node="a", now=self.now)]
        return b"".join(pieces)

    @rule(consignment=consignments, ends=st.lists(ENDS, min_size=3, max_size=3))
    def settle(self, consignment: Consignment, ends: list[str]) -> None:
        """Record a session's end: whole, or, where a lease was lost, not at all."""
        message = self.messages.get(consignment.message.id)
        of = {each.number: ends[each.number] for each in consignment.recipients}
        settlement = self._settlement(consignment, of)
        recipients = message.recipients if message else []
        lost = {n for n in of if not message or recipients[n].lease != consignment.lease}
        if lost:
            with pytest.raises(LeaseLostError) as caught:
                self.runner.run(self.store.settle(settlement))
            assert caught.value.numbers == lost
            return
        queued = self.runner.run(self.store.settle(settlement))
        for id_ in queued:
            self._model(id_, 1, b"report")
        for number, end in of.items():
            self._end(recipients[number], end, queued)
        message.finish(self.now)
        if message.finished:
            with pytest.raises(BodyGoneError):
                self.runner.run(self._read(consignment.message.id))

    def _settlement(self, consignment: Consignment, of: dict[int, str]) -> Settlement:
        deferrals, retirements = [], []
        for number, end in of.items():
            if end == "deferred":
                deferrals.append(Deferral(number, self.now + timedelta(minutes=1)))
            elif end == "delivered":
                retirements.append(Retirement(number, Terminal.DELIVERED))
            elif end == "reported":
                retirements.append(Retirement(number, Terminal.FAILED, report=0))
            else:
                retirements.append(Retirement(number, Terminal.EXPIRED, told=Told.WITHHELD))
        report = Outgoing(self._message(1, sender=""), body_of(b"report"))
        return Settlement(
            consignment,
            self.now,
            attempts=tuple(Attempt(number, self.now) for number in of),
            deferrals=tuple(deferrals),
            retirements=tuple(retirements),
            messages=(report,) if "reported" in of.values() else (),
        )

    def _end(self, recipient: ModelRecipient, end: str, queued: tuple[str, ...]) -> None:
        recipient.tries += 1
        recipient.lease = None
        if end == "deferred":
            recipient.due = self.now + timedelta(minutes=1)
            return
        recipient.due, recipient.state = None, State.DONE
        recipient.terminal = {
            "delivered": Terminal.DELIVERED,
            "reported": Terminal.FAILED,
            "withheld": Terminal.EXPIRED,
        }[end]
        recipient.report = queued[0] if end == "reported" else None

    @rule(one=consignments, keep=st.booleans())
    def renew_or_give_back(self, one: Consignment, *, keep: bool) -> None:
        """Prolong a lease or end it untried."""
        due = self.now + (LEASE if keep else timedelta(0))
        call = self.store.renew(one, until=due) if keep else self.store.give_back(one, due=due)
        whole = self.runner.run(call)
        message = self.messages.get(one.message.id)
        held = [
            message.recipients[each.number]
            for each in one.recipients
            if message and message.recipients[each.number].lease == one.lease
        ]
        assert whole == (len(held) == len(one.recipients))
        for each in held:
            each.due, each.lease = due, each.lease if keep else None

    @precondition(lambda self: self.messages)
    @rule(deed=st.sampled_from(Deed), data=st.data())
    def operate(self, deed: Deed, data: st.DataObject) -> None:
        """Hold, release, retry or delete a message."""
        id_ = data.draw(st.sampled_from(sorted(self.messages)))
        message = self.messages[id_]
        touched = self.runner.run(self.store.operate(Instruction(deed, id_, "olga", self.now)))
        held = [each for each in message.recipients if each.state is State.HELD]
        free = [each for each in message.recipients if each.free(self.now)]
        busy = [each for each in message.recipients if each.state is State.QUEUED]
        changed = {Deed.RELEASE: held, Deed.DELETE: free + held}.get(deed, free)

        assert touched.changed == len(changed)
        for each in changed:
            each.lease = None
            each.state, each.due = {
                Deed.HOLD: (State.HELD, None),
                Deed.DELETE: (State.DONE, None),
            }.get(deed, (State.QUEUED, self.now))
            each.terminal = Terminal.DELETED if deed is Deed.DELETE else None
        being_tried = [each for each in busy if not each.free(self.now) and each not in changed]
        assert touched.being_tried == len(being_tried)
        message.finish(self.now)

    @rule(purge=st.booleans())
    def crash(self, *, purge: bool) -> None:
        """Stop, begin with what is on the disk at this moment, and perhaps tidy up."""
        crashed = self.folder
        self.folder = Path(tempfile.mkdtemp(dir=self.in_memory))
        shutil.copytree(crashed, self.folder, dirs_exist_ok=True)
        self.runner.run(self.opening.__aexit__(None, None, None))
        shutil.rmtree(crashed)
        self._open()
        if purge:
            self._purge()

    def _purge(self) -> None:
        self.runner.run(
            self.store.purge(Retention(self.now, self.now, self.now, self.now, most=1000))
        )
        old = [i for i, each in self.messages.items() if each.finished and each.finished < self.now]
        for id_ in old:
            del self.messages[id_]

    @invariant()
    def the_lives_agree(self) -> None:
        """Every message the model has is there, as the model has it."""
        if not hasattr(self, "store"):
            return
        for id_, message in self.messages.items():
            entry = self.runner.run(self.store.life(id_)).entry
            assert entry.message.finished == message.finished
            for theirs, mine in zip(entry.recipients, message.recipients, strict=True):
                assert (theirs.state, theirs.due, theirs.tries) == (
                    mine.state,
                    mine.due,
                    mine.tries,
                )
                outcome = theirs.outcome
                assert (outcome.terminal if outcome else None) == mine.terminal
                assert (outcome.report if outcome else None) == mine.report

    @invariant()
    def the_figures_agree(self) -> None:
        """Nothing is there that the model has not."""
        if not hasattr(self, "store"):
            return
        figures = self.runner.run(self.store.figures(now=self.now))
        everyone = [each for message in self.messages.values() for each in message.recipients]
        unfinished = [each for each in self.messages.values() if each.finished is None]
        for state in (State.QUEUED, State.HELD, State.QUARANTINED):
            assert figures.recipients[state] == sum(each.state is state for each in everyone)
        assert figures.messages == len(unfinished)
        assert figures.octets == sum(len(each.body) for each in unfinished)

    @invariant()
    def the_files_agree(self) -> None:
        """One file for each unfinished large body, and no other."""
        if not hasattr(self, "store"):
            return
        large = [m for m in self.messages.values() if len(m.body) > 1000 and m.finished is None]
        assert len(list((self.folder / "queue.db.bodies").iterdir())) == len(large)


def test_the_store_does_what_the_model_does(in_memory):
    """In every order Hypothesis tries."""
    machine = type("Machine", (StoreAgainstModel,), {"in_memory": in_memory})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
