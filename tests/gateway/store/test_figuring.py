"""The numbers for metrics are those of the queue."""

from whybounce.gateway.store import Deed, Instruction
from whybounce.gateway.store.rows import Figures, State


async def test_figures_count_what_is_unfinished(url, open_, mail):
    """An empty queue has zeros, and no oldest."""
    async with open_(url) as store:
        empty = await store.figures(now=mail.now)
        await mail.accept(store, "ben@example.net", "carol@example.com", due=mail.after(hours=1))
        held = await mail.accept(store)
        await store.operate(Instruction(Deed.HOLD, held, "olga", mail.now))
        await mail.accept(store, arrived=mail.after(seconds=1))
        done = await mail.accept(store, arrived=mail.after(seconds=-1))
        (one,) = await mail.lease(store)
        await store.settle(mail.delivered(one))
        full = await store.figures(now=mail.after(seconds=1))

    none = {State.QUEUED: 0, State.HELD: 0, State.QUARANTINED: 0}
    assert empty == Figures(none, 0, 0, 0, None)
    assert one.message.id == done
    assert full == Figures(
        {State.QUEUED: 3, State.HELD: 1, State.QUARANTINED: 0},
        due=1,
        messages=3,
        octets=3 * len(mail.small),
        oldest=mail.now,
    )
