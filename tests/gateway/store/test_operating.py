"""What operators do: each deed changes what it should, leaves the rest, and leaves an event."""

import pytest

from whybounce.gateway.store import Deed, Instruction, UnknownMessageError
from whybounce.gateway.store.rows import State, Terminal, Touched


def wish(mail, deed, message, **more: object):
    """Return an operator's instruction."""
    return Instruction(deed, message, "olga", mail.now, **more)


async def test_what_is_held_is_not_tried_until_it_is_released(url, open_, mail):
    """Then it is due at once."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "ben@example.net", "carol@example.net")

        assert await store.operate(wish(mail, Deed.HOLD, id_, why="ask legal")) == Touched(2, 0)
        assert await mail.lease(store, at=mail.after(days=9)) == ()
        assert (await store.figures(now=mail.now)).recipients[State.HELD] == 2

        mail.now = mail.after(hours=1)
        only = wish(mail, Deed.RELEASE, id_, numbers=frozenset({1}))
        assert await store.operate(only) == Touched(1, 0)
        (one,) = await mail.lease(store)
        events = (await store.life(id_)).events

    assert [each.number for each in one.recipients] == [1]
    assert [(each.kind, each.actor, each.text, each.number) for each in events] == [
        ("held", "olga", "ask legal", None),
        ("released", "olga", "", 1),
    ]


async def test_what_is_retried_is_due_at_once(url, open_, mail):
    """The remote server is up again."""
    async with open_(url) as store:
        id_ = await mail.accept(store, due=mail.after(hours=1))
        assert await mail.lease(store) == ()
        seen = store.hints.given

        assert await store.operate(wish(mail, Deed.RETRY, id_)) == Touched(1, 0)
        assert store.hints.given > seen
        assert len(await mail.lease(store)) == 1


async def test_what_is_deleted_ends_without_a_report(url, open_, mail):
    """Held ones too; the message is finished and its life still told."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "ben@example.net", "carol@example.net")
        await store.operate(wish(mail, Deed.HOLD, id_, numbers=frozenset({0})))

        assert await store.operate(wish(mail, Deed.DELETE, id_)) == Touched(2, 0)
        entry = (await store.life(id_)).entry
        assert {each.outcome.terminal for each in entry.recipients} == {Terminal.DELETED}
        assert entry.message.finished == mail.now
        assert await store.operate(wish(mail, Deed.DELETE, id_)) == Touched(0, 0)


@pytest.mark.parametrize("deed", [Deed.HOLD, Deed.RETRY, Deed.DELETE])
async def test_what_is_being_tried_is_left_alone_and_counted(url, open_, mail, deed):
    """Else one would report as stopped what is delivered."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "ben@example.net", "carol@example.com")
        ben, carol = await mail.lease(store)
        await store.give_back(carol, due=mail.after(hours=1))

        assert await store.operate(wish(mail, deed, id_)) == Touched(1, 1)
        await store.settle(mail.delivered(ben))
        life = await store.life(id_)

    assert life.entry.recipients[0].outcome.terminal is Terminal.DELIVERED


async def test_a_lease_that_ran_out_stops_no_operator(url, open_, mail):
    """Whoever held it cannot record afterwards."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        (lost,) = await mail.lease(store)
        mail.now = mail.after(minutes=5)

        assert await store.operate(wish(mail, Deed.DELETE, id_)) == Touched(1, 0)
        with pytest.raises(Exception, match="lost"):
            await store.settle(mail.delivered(lost))


@pytest.mark.parametrize("deed", Deed)
async def test_a_message_that_is_not_there_is_said(url, open_, deed, mail):
    """Mistyped, or purged."""
    async with open_(url) as store:
        for id_ in ("0000000000001", "mistyped"):
            with pytest.raises(UnknownMessageError, match=f"no message {id_}"):
                await store.operate(wish(mail, deed, id_))
