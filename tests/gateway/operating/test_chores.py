"""Periodic work: one node at a time, each chore in its time, none stopped by another's mistake."""

import asyncio
from datetime import timedelta

from whybounce.gateway.chores import Chore, Chores, housekeeping
from whybounce.gateway.config import Retention
from whybounce.gateway.store import Claim
from whybounce.gateway.store.rows import Event
from whybounce.gateway.values import Duration


async def test_one_node_does_what_is_due_and_another_takes_over(sqlite_url, open_, mail):
    """When the first has let go, or its hold has run out."""
    done: list[tuple[str, str]] = []
    now = mail.now

    def chores(store, node: str) -> Chores:
        async def do(_: object) -> None:
            done.append((node, "fast"))

        async def fail(_: object) -> None:
            done.append((node, "broken"))
            raise RuntimeError("a mistake of ours")

        return Chores(
            store,
            [
                Chore("broken", timedelta(hours=1), fail),
                Chore("fast", timedelta(minutes=1), do),
            ],
            node=node,
            clock=lambda: now,
        )

    async with open_(sqlite_url) as store:
        one, other = chores(store, "one"), chores(store, "other")
        assert await one.do_due() == ("broken", "fast")
        assert await one.do_due() == ()
        assert await other.do_due() == ()
        now = mail.after(minutes=1)
        assert await one.do_due() == ("fast",)
        now = mail.after(minutes=4)
        assert await other.do_due() == ("broken", "fast")
        assert await one.do_due() == ()

    assert done[:2] == [("one", "broken"), ("one", "fast")]


async def test_what_was_kept_long_enough_goes(sqlite_url, in_memory, open_, mail):
    """Messages with their lives, events, and bodies that nobody names; the rest stays."""
    kept = Retention(messages=Duration(days=10), events=Duration(days=3), counters=Duration(days=1))
    async with open_(sqlite_url) as store:
        id_ = await mail.accept(store)
        for each in await mail.lease(store):
            await store.settle(mail.delivered(each))
        await store.record(Event(mail.now, "refused", "inbound", address="x@example.org"))
        (in_memory / "queue.db.bodies" / "orphan.eml").write_bytes(b"x")
        found = []
        for days in (1, 5, 20):
            at = mail.after(days=days)
            chores = Chores(
                store, housekeeping(store, lambda: kept), node="a", clock=lambda at=at: at
            )
            await chores.do_due()
            trace = await store.trace(id_, since=mail.now, until=at, most=9)
            refused = await store.trace("x@example.org", since=mail.now, until=at, most=9)
            found.append((len(trace.lives), len(refused.events)))

    assert found == [(1, 1), (1, 0), (0, 0)]


async def test_a_mistake_at_taking_the_token_ends_no_chore_for_ever(
    sqlite_url, open_, mail, monkeypatch, caplog
):
    """It is logged, and tried again at the next look."""
    done = asyncio.Event()

    async def do(_: object) -> None:
        done.set()

    async with open_(sqlite_url) as store:
        take, mistakes = store.take, ["the first"]

        async def mistaken(claim: Claim) -> int | None:
            if mistakes:
                raise KeyError(mistakes.pop())
            return await take(claim)

        monkeypatch.setattr(store, "take", mistaken)
        every = [Chore("counted", timedelta(hours=1), do)]
        chores = Chores(store, every, node="a", clock=lambda: mail.now, look=0.01)
        running = asyncio.create_task(chores.run())
        async with asyncio.timeout(60):
            await done.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert "chores are looked at again later" in caplog.text
