"""Counters: exact within their minute, whoever counts at the same time."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given, strategies as st

from whybounce.gateway.store import counting
from whybounce.gateway.store.counting import minute_of


async def test_what_is_accepted_is_counted_in_the_same_commit(url, open_, mail):
    """A message that is refused by the database is not counted."""
    async with open_(url) as store:
        await asyncio.gather(
            *(mail.accept(store, counts={"sender:anna": 1, "all": 2}) for _ in range(20)),
            mail.accept(store, "b\udcff@example.net", counts={"all": 100}),
            return_exceptions=True,
        )

        assert await store.counted(["sender:anna", "all", "none"], since=mail.now) == {
            "sender:anna": 20,
            "all": 40,
            "none": 0,
        }


async def test_a_window_sums_its_minutes(url, open_, mail):
    """The beginning of the window is rounded down to its minute, never up."""
    async with open_(url) as store:
        for minute in range(10):
            await store.count({"k": 1}, now=mail.after(minutes=minute, seconds=30))

        assert await store.counted(["k"], since=mail.after(minutes=7)) == {"k": 3}
        assert await store.counted(["k"], since=mail.after(minutes=7, seconds=59)) == {"k": 3}
        assert await store.counted(["k"], since=mail.after(minutes=8)) == {"k": 2}


async def test_several_nodes_count_together(postgresql_url, open_, mail):
    """In whatever order they name the counters."""
    keys = [f"k{n}" for n in range(10)]
    async with open_(postgresql_url) as one, open_(postgresql_url) as two:
        await asyncio.gather(
            *(one.count(dict.fromkeys(keys, 1), now=mail.now) for _ in range(50)),
            *(two.count(dict.fromkeys(reversed(keys), 1), now=mail.now) for _ in range(50)),
        )

        assert set((await one.counted(keys, since=mail.now)).values()) == {100}


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_bucket_is_a_minute(moment: datetime):
    """Also before 1970."""
    minute = minute_of(moment)

    assert minute == minute_of(moment.replace(second=0, microsecond=0))
    assert minute == moment.timestamp() // 60


async def test_each_counter_is_summed_from_its_own_moment(url, open_, mail):
    """One statement, in the order in which it was asked."""
    async with open_(url) as store:
        await store.count({"a": 1, "b": 10}, now=mail.now)
        await store.count({"a": 2}, now=mail.after(hours=2))
        wanted = [("a", mail.after(hours=1)), ("c", mail.now), ("a", mail.now), ("b", mail.now)]

        assert await store.ask(lambda c: counting.sums(c, wanted)) == [2, 0, 3, 10]
        assert await store.ask(lambda c: counting.sums(c, [])) == []
        await store.forget(["a", "b"])
        assert await store.ask(lambda c: counting.sums(c, wanted)) == [0, 0, 0, 0]
