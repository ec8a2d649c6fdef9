"""Who watches the store hears of what has become durable, and of nothing else."""

from dataclasses import replace

import pytest

from whybounce.gateway.store import Deed, Filter, Instruction, LeaseLostError
from whybounce.gateway.store.rows import Attempt, Deferral, Event, Settlement, State
from whybounce.gateway.store.untried import latest_of


class Noted:
    """A watch that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        self.commits: list[int] = []

    def accepted(self, id_: str, message: object) -> None:
        """Note it."""
        del message
        self.heard.append(("accepted", id_))

    def settled(self, settlement: object, queued: tuple[str, ...]) -> None:
        """Note it."""
        self.heard.append(("settled", settlement.consignment.message.id, len(queued)))

    def recorded(self, event: Event) -> None:
        """Note it."""
        self.heard.append(("recorded", event.kind))

    def operated(self, instruction: Instruction, touched: object) -> None:
        """Note it."""
        self.heard.append((instruction.deed, touched.changed))

    def committed(self, operations: int, seconds: float) -> None:
        """Note it."""
        assert seconds >= 0
        self.commits.append(operations)


async def test_a_watch_hears_of_all_that_became_durable(sqlite_url, open_, mail):
    """In its order; what was refused is not told."""
    watch = Noted()
    async with open_(sqlite_url) as store:
        store.watch = watch
        id_ = await mail.accept(store)
        (consignment,) = await mail.lease(store)
        await store.settle(mail.failed(consignment))
        with pytest.raises(LeaseLostError):
            await store.settle(mail.failed(consignment))
        await store.record(Event(mail.now, "refused", "inbound", "no"))
        page = await store.queue(Filter(), most=9)
        await store.operate(Instruction(Deed.HOLD, page.entries[0].message.id, "olga", mail.now))

    assert watch.heard == [
        ("accepted", id_),
        ("settled", id_, 1),
        ("recorded", "refused"),
        (Deed.HOLD, 1),
    ]
    assert sum(watch.commits) >= 5


async def test_held_recipients_are_leased_where_that_is_asked_for(url, open_, mail):
    """They are queued then: should their holder end, they are tried."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "a@example.net", "b@example.com")
        await store.operate(Instruction(Deed.HOLD, id_, "olga", mail.now, frozenset({1})))
        until = mail.after(minutes=5)
        some = await store.lease_message(id_, most=9, node="a", now=mail.now, until=until)
        held = await store.lease_message(
            id_, most=9, node="a", now=mail.now, until=until, held=True
        )
        life = await store.life(id_)

    assert [each.number for one in some for each in one.recipients] == [0]
    assert [each.number for one in held for each in one.recipients] == [1]
    assert {each.state for each in life.entry.recipients} == {State.QUEUED}


async def test_the_last_attempt_of_each_recipient_is_found(url, open_, mail):
    """Of those that are still under way."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "a@example.net", "b@example.com")
        for minutes in (0, 10):
            at = mail.after(minutes=minutes)
            for each in await mail.lease(store, at=at):
                if each.domain == "example.com" and minutes:
                    await store.settle(mail.delivered(each))
                else:
                    await store.settle(mail.deferred(each, mail.after(minutes=minutes + 5)))
        found = await store.latest_attempts([id_])
        life = await store.life(id_)

    assert list(found) == [(id_, 0)]
    assert len(life.attempts) == 4
    assert found[id_, 0].code == 451


async def test_who_waits_untried_is_found_with_what_another_message_met(url, open_, mail):
    """Until it is tried itself; it counts no try for that."""
    met = Attempt(0, mail.now, "mx.example.net", error="connection-refused: 192.0.2.1 port 25")
    async with open_(url) as store:
        id_ = await mail.accept(store)
        (one,) = await mail.lease(store)
        again = Deferral(0, mail.after(minutes=5), met=met)
        await store.settle(Settlement(one, mail.now, deferrals=(again,)))
        untried = await store.latest_attempts([id_])
        life = await store.life(id_)
        (one,) = await mail.lease(store, at=mail.after(minutes=5))
        itself = Attempt(0, mail.after(minutes=5), "mx.example.net", code=451, reply="451 Later")
        later = Deferral(0, mail.after(minutes=10))
        await store.settle(Settlement(one, mail.after(minutes=5), (itself,), (later,)))
        tried = await store.latest_attempts([id_])

    assert untried == {(id_, 0): replace(met, time=mail.now)}
    assert (life.attempts, life.entry.recipients[0].tries) == ((), 0)
    assert latest_of(life) == {0: replace(met, time=mail.now)}
    assert tried == {(id_, 0): itself}


async def test_only_old_files_that_no_row_names_are_swept(sqlite_url, in_memory, open_, mail):
    """A body on its way has no row yet."""
    async with open_(sqlite_url) as store:
        async with store.receive() as body:
            await body.write(b"x" * 400_000)
            await store.accept(mail.message(), body)
        folder = in_memory / "queue.db.bodies"
        (folder / "orphan.eml").write_bytes(b"left behind")
        kept = await store.sweep(before=mail.after(days=-40_000))
        gone = await store.sweep(before=mail.after(days=400))
        left = len(list(folder.iterdir()))

    assert (kept, gone, left) == (0, 1, 1)
