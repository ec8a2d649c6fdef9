"""Tokens: one holder at a time, and a larger number for each new one."""

import asyncio

from whybounce.gateway.store import Claim


async def test_a_token_has_one_holder_until_its_time_is_up(url, open_, mail):
    """Its holder may keep it; the number grows with the holder, not with the time."""
    async with open_(url) as store:

        def claim(holder: str, at: int) -> Claim:
            return Claim("chores", holder, mail.after(minutes=at), mail.after(minutes=at + 5))

        assert await store.take(claim("a", 0)) == 1
        assert await store.take(claim("b", 1)) is None
        assert await store.take(claim("a", 4)) == 1
        assert await store.take(claim("b", 8)) is None
        assert await store.take(claim("b", 9)) == 2
        assert await store.take(claim("a", 10)) is None
        await store.give_up(claim("a", 10))
        assert await store.take(claim("a", 11)) is None, "it was not a's to give up"
        await store.give_up(claim("b", 11))
        assert await store.take(claim("a", 11)) == 3


async def test_of_many_that_reach_for_a_token_one_gets_it(postgresql_url, open_, mail):
    """Several nodes start in the same moment."""
    async with open_(postgresql_url) as one, open_(postgresql_url) as two:
        numbers = await asyncio.gather(
            *(
                store.take(Claim("chores", f"{name}{n}", mail.now, mail.after(minutes=5)))
                for n in range(10)
                for name, store in (("a", one), ("b", two))
            )
        )

    assert sorted(number for number in numbers if number is not None) == [1]
