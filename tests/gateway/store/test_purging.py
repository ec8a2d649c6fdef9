"""What is finished and old goes, in batches; nothing else ever does."""

from whybounce.gateway.store import Deed, Instruction, Lifting, NewBlock, Retention
from whybounce.gateway.store.rows import Event, Purged


def keep(before, most=100):
    """Return a retention that keeps what is not older."""
    return Retention(before, before, before, before, most)


async def test_what_is_finished_and_old_goes_with_its_whole_life(url, open_, mail, sql):
    """Attempts, outcomes, events; and in bounded batches."""
    async with open_(url) as store:
        for _ in range(5):
            id_ = await mail.accept(store, counts={"all": 1})
            await store.operate(Instruction(Deed.RETRY, id_, "olga", mail.now))
        for one in await mail.lease(store):
            await store.settle(mail.delivered(one))
        await store.record(Event(mail.now, "refused", "policy", address="x@example.net"))
        lifted = await store.block(NewBlock("ip", "192.0.2.1", "ip-blocked", "spam", "p", mail.now))
        await store.lift(Lifting(lifted, "olga", mail.now))

        assert not await store.purge(keep(mail.now))
        later = mail.after(days=1)
        assert await store.purge(keep(later, most=3)) == Purged(3, 3, 1, 1)
        assert await store.purge(keep(later, most=3)) == Purged(2, 0, 0, 0)
        assert not await store.purge(keep(later, most=3))

    for table in ("messages", "recipients", "bodies", "attempts", "outcomes", "events", "blocks"):
        assert sql(url, f"SELECT * FROM {table}") == [], table  # noqa: S608  # our own names


async def test_what_is_not_finished_stays_however_old(url, open_, mail):
    """Held for years, one recipient of two, a block in force."""
    async with open_(url) as store:
        held = await mail.accept(store)
        await store.operate(Instruction(Deed.HOLD, held, "olga", mail.now))
        half = await mail.accept(store, "ben@example.net", "carol@example.com")
        first, _ = await mail.lease(store)
        await store.settle(mail.delivered(first))
        await store.block(NewBlock("ip", "192.0.2.1", "ip-blocked", "spam", "p", mail.now))

        assert (await store.purge(keep(mail.after(days=999)))).messages == 0
        assert (await store.life(held)).events != ()
        assert len((await store.life(half)).attempts) == 1
        assert len(await store.blocks(now=mail.after(days=999))) == 1


async def test_what_was_finished_lately_stays_although_it_is_old(url, open_, mail):
    """It was tried for five days."""
    async with open_(url) as store:
        id_ = await mail.accept(store, arrived=mail.after(days=-5))
        (one,) = await mail.lease(store)
        await store.settle(mail.failed(one, reported=False))

        assert not await store.purge(keep(mail.after(days=-1)))
        assert (await store.life(id_)).entry.message.finished == mail.now
        assert (await store.purge(keep(mail.after(seconds=1)))).messages == 1
