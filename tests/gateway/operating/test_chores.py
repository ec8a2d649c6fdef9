"""Periodic work: one node at a time, each chore in its time, none stopped by another's mistake."""

from datetime import timedelta

from whybounce.gateway.chores import Chore, Chores, housekeeping
from whybounce.gateway.config import Retention
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
