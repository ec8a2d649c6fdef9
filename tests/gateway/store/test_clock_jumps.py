"""A clock that is set ahead by a day or back by an hour, while leases, counters and tokens are in force."""

import pytest

from whybounce.gateway.store import Claim, NewBlock

AHEAD, BACK = {"days": 1}, {"hours": -1}
either = pytest.mark.parametrize("jump", [AHEAD, BACK], ids=["ahead", "back"])


@either
async def test_a_lease_that_nobody_took_is_still_good(url, open_, mail, jump):
    """It is renewed by the new clock and settled once."""
    async with open_(url) as store:
        await mail.accept(store)
        (leased,) = await mail.lease(store)
        then = mail.after(**jump)
        assert await store.renew(leased, until=mail.after(**{"minutes": 5, **jump}))
        assert await mail.lease(store, node="b", at=then) == ()
        await store.settle(mail.delivered(leased))
        assert (await store.figures(now=then)).messages == 0


@either
async def test_what_is_taken_after_the_jump_is_due_at_once_and_later_by_its_id(
    url, open_, mail, jump
):
    async with open_(url) as store:
        before = await mail.accept(store)
        after = await mail.accept(store, "new@example.net", arrived=mail.after(**jump))
        due = await mail.lease(store, at=mail.after(**jump))

    assert after in {each.message.id for each in due}
    assert after > before


async def test_a_node_that_begins_anew_after_the_clock_went_back_waits_for_nothing(
    url, open_, mail
):
    """What it held is due by the new clock."""
    async with open_(url) as store:
        await mail.accept(store)
        await mail.lease(store, node="a")
    async with open_(url) as store:
        await store.give_back_all("a", now=mail.after(**BACK))
        assert len(await mail.lease(store, at=mail.after(**BACK))) == 1


@either
async def test_who_holds_a_token_keeps_it(url, open_, mail, jump):
    async with open_(url) as store:
        first = await store.take(Claim("chores", "a", mail.now, mail.after(minutes=1)))
        then = {"minutes": 1, **jump}
        again = await store.take(Claim("chores", "a", mail.after(**jump), mail.after(**then)))

    assert first == again == 1


@pytest.mark.parametrize(
    ("jump", "counted"), [(AHEAD, {"x": 0}), (BACK, {"x": 3})], ids=["ahead", "back"]
)
async def test_a_limit_errs_on_the_side_of_its_owner_when_the_clock_goes_back(
    url, open_, mail, jump, counted
):
    """What was counted later than now is counted, until the window has passed it once more."""
    async with open_(url) as store:
        await store.count({"x": 3}, now=mail.now)
        since = mail.after(**jump)
        assert await store.counted(["x"], since=since) == counted


@pytest.mark.parametrize(("jump", "left"), [(AHEAD, 0), (BACK, 1)], ids=["ahead", "back"])
async def test_a_block_ends_by_the_clock_there_is(url, open_, mail, jump, left):
    async with open_(url) as store:
        block = NewBlock("ip", "192.0.2.1", "x", "why", "root", mail.now, mail.after(hours=1))
        await store.block(block)

        assert len(await store.blocks(now=mail.after(**jump))) == left
