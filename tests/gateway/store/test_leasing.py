"""One recipient, one holder: what is due is handed out once, and again when a lease runs out."""

import asyncio
import signal
from collections.abc import Collection
from contextlib import nullcontext
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Connection

from whybounce.gateway.store import (
    LeaseLostError,
    Share,
    Turns,
    UnknownMessageError,
    postgresql as dialect,
)
from whybounce.gateway.store.hints import Due


async def test_recipients_come_grouped_by_message_and_domain(url, open_, mail):
    """One SMTP transaction each; those due longest first."""
    async with open_(url) as store:
        second = await mail.accept(store, "a@example.net", arrived=mail.after(seconds=-1))
        first = await mail.accept(
            store, "a@example.net", "b@example.com", "c@Example.Net", arrived=mail.after(seconds=-2)
        )
        leased = await mail.lease(store)

    assert [(each.message.id, each.domain) for each in leased] == [
        (first, "example.net"),
        (first, "example.com"),
        (second, "example.net"),
    ]
    assert [each.address for each in leased[0].recipients] == ["a@example.net", "c@Example.Net"]


async def test_no_more_come_than_were_asked_for(url, open_, mail):
    """Also of one message."""
    async with open_(url) as store:
        await mail.accept(store, *(f"{n}@example.net" for n in range(5)))

        assert [len(each.recipients) for each in await mail.lease(store, most=3)] == [3]
        assert [len(each.recipients) for each in await mail.lease(store, most=3)] == [2]
        assert await mail.lease(store) == ()


async def test_what_is_leased_is_nobody_elses_until_the_lease_ends(url, open_, mail):
    """Then it is the next one's who asks."""
    async with open_(url) as store:
        await mail.accept(store)
        (mine,) = await mail.lease(store, "a")

        assert await mail.lease(store, "b") == ()
        assert await mail.lease(store, "b", at=mail.after(minutes=4, seconds=59)) == ()

        (theirs,) = await mail.lease(store, "b", at=mail.after(minutes=5))
        assert theirs.lease != mine.lease


async def test_whoever_lost_the_lease_records_nothing(url, open_, mail):
    """Not even a report: the one who has it now will."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        (mine,) = await mail.lease(store, "a")
        (theirs,) = await mail.lease(store, "b", at=mail.after(minutes=5))
        with pytest.raises(LeaseLostError, match=id_) as caught:
            await store.settle(mail.failed(mine))
        await store.settle(mail.delivered(theirs))
        life = await store.life(id_)

        assert caught.value.numbers == {0}
        assert life.entry.recipients[0].outcome.terminal == "delivered"
        assert (await store.figures(now=mail.now)).messages == 0


async def test_a_lease_that_ran_out_is_still_good_if_nobody_took_it(url, open_, mail):
    """To refuse the outcome would only deliver the message twice."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        (late,) = await mail.lease(store)
        mail.now = mail.after(hours=1)
        await store.settle(mail.delivered(late))

        assert (await store.life(id_)).entry.message.finished == mail.now


async def test_a_renewed_lease_lasts_longer(url, open_, mail):
    """The remote server takes its time."""
    async with open_(url) as store:
        await mail.accept(store, "a@example.net", "b@example.net")
        (mine,) = await mail.lease(store)

        assert await store.renew(mine, until=mail.after(minutes=10))
        assert await mail.lease(store, "b", at=mail.after(minutes=9)) == ()

        (theirs,) = await mail.lease(store, "b", at=mail.after(minutes=10))
        assert not await store.renew(mine, until=mail.after(hours=1))
        assert await mail.lease(store, "c", at=mail.after(minutes=16)) != ()
        assert theirs.lease != mine.lease


async def test_what_is_given_back_is_due_when_one_says(url, open_, mail):
    """It was no try."""
    async with open_(url) as store:
        await mail.accept(store)
        (mine,) = await mail.lease(store)

        assert await store.give_back(mine, due=mail.after(seconds=10))
        assert await mail.lease(store, at=mail.after(seconds=9)) == ()
        (again,) = await mail.lease(store, at=mail.after(seconds=10))
        assert again.recipients[0].tries == 0
        assert not await store.give_back(mine, due=mail.now)


async def test_a_node_that_begins_anew_gives_back_what_it_held(url, open_, mail):
    """And nobody else's."""
    async with open_(url) as store:
        for domain in ("example.net", "example.com", "example.org"):
            await mail.accept(store, f"ben@{domain}")
        await mail.lease(store, "a", most=2)
        await mail.lease(store, "b", most=1)

        assert await store.give_back_all("a", now=mail.now) == 2
        assert len(await mail.lease(store, "a")) == 2


async def test_one_message_can_be_leased_before_it_is_due(url, open_, mail):
    """An operator wants it tried, or bounced, now."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "a@example.net", "b@example.com", due=mail.after(hours=1))
        await mail.accept(store)
        asked = {"most": 100, "node": "a", "now": mail.now, "until": mail.after(minutes=5)}

        leased = await store.lease_message(id_, **asked)
        assert [each.domain for each in leased] == ["example.net", "example.com"]
        assert await store.lease_message(id_, **asked) == ()
        with pytest.raises(UnknownMessageError):
            await store.lease_message("0000000000001", **asked)


async def test_many_workers_never_get_the_same_recipient(url, open_, mail):
    """Two nodes on PostgreSQL, two tasks on SQLite."""
    async with open_(url) as one, open_(url) if "post" in url else nullcontext(one) as two:
        for _ in range(40):
            await mail.accept(one)
        leased = await asyncio.gather(
            *(mail.lease(store, node, most=3) for node, store in [("a", one), ("b", two)] * 10)
        )
        ids = [each.message.id for batch in leased for each in batch]

    assert len(ids) == len(set(ids)) == 40


async def test_the_next_due_time_is_known(url, open_, mail):
    """Of what is queued, and of leases that may run out."""
    async with open_(url) as store:
        assert await store.next_due() is None
        await mail.accept(store, due=mail.after(hours=1))
        assert await store.next_due() == mail.after(hours=1)
        await mail.accept(store)
        assert await store.next_due() == mail.now
        await mail.lease(store)
        assert await store.next_due() == mail.after(minutes=5)


async def test_a_hint_comes_with_each_commit_that_makes_something_due(sqlite_url, open_, mail):
    """Whoever delivers waits for one, and need not ask again and again."""
    async with open_(sqlite_url) as store:
        waiting = asyncio.create_task(store.hints.after(store.hints.given))
        await asyncio.sleep(0)
        assert not waiting.done()

        await mail.accept(store)
        seen = await asyncio.wait_for(waiting, 60)
        (one,) = await mail.lease(store)
        assert store.hints.given == seen, "a lease makes nothing due"

        await store.settle(mail.deferred(one, mail.after(minutes=1)))
        assert await asyncio.wait_for(store.hints.after(seen), 60) == seen + 1


async def test_what_one_node_makes_due_the_others_hear_of(postgresql, open_, mail):
    """At once, also after the database was away; a node does not hear itself."""
    url = postgresql.make()
    try:
        async with open_(url) as one, open_(url) as other:
            for store in (one, other):  # Each hears that it is connected.
                await asyncio.wait_for(store.hints.after(0), 60)
            await mail.accept(one)
            assert await asyncio.wait_for(other.hints.after(1), 60) == 2
            assert one.hints.given == 2

            await asyncio.to_thread(postgresql.stop, signal.SIGQUIT)
            await asyncio.to_thread(postgresql.start)
            await asyncio.wait_for(asyncio.gather(one.hints.after(2), other.hints.after(2)), 60)
            await mail.accept(one)
            assert await asyncio.wait_for(other.hints.after(3), 60) == 4
    finally:
        postgresql.drop(url)


async def test_what_concerns_one_node_alone_the_others_do_not_hear(
    postgresql_url, open_, mail, monkeypatch
):
    """More mail than a lease took is that node's to ask for again; an end makes nothing due."""
    told: list[set[Due]] = []
    tell = dialect.tell

    def noted(connection: Connection, teller: str, due: Collection[Due]) -> None:
        told.append(set(due))
        tell(connection, teller, due)

    monkeypatch.setattr(dialect, "tell", noted)
    async with open_(postgresql_url) as store:
        await asyncio.wait_for(store.hints.after(0), 60)  # That it is connected.
        for n in range(3):
            await mail.accept(store, f"a{n}@example.net")
        assert told == [{Due.MAIL}] * 3

        seen = store.hints.given
        (one, two) = await store.lease(
            9, node="a", now=mail.now, until=mail.after(minutes=5), share=Share(2, {}, {})
        )
        assert store.hints.given == seen + 1
        await store.settle(mail.delivered(one))
        assert len(told) == 3

        await store.give_back(two, due=mail.now)
        assert len(told) == 4


async def test_those_of_a_domain_that_has_its_share_get_turns(url, open_, mail):
    """One message after the other, its recipients together; other domains are not touched."""
    second = timedelta(seconds=1)
    async with open_(url) as store:
        pairs = [
            await mail.accept(store, f"a{n}@example.net", f"b{n}@example.net") for n in range(5)
        ]
        other = await mail.accept(store, "carla@example.org")
        share = Share(2, {}, {})
        first = await store.lease(
            9, node="a", now=mail.now, until=mail.after(minutes=5), share=share
        )
        turns = {"example.net": Turns(mail.after(minutes=10), second)}
        share = Share(2, {"example.net": 2}, turns)
        rest = await store.lease(
            9, node="a", now=mail.now, until=mail.after(minutes=5), share=share
        )
        due = [(await store.life(each)).entry.recipients for each in pairs[2:]]

    assert [each.message.id for each in first] == pairs[:2]
    assert [each.message.id for each in rest] == [other]
    assert share.put_off == {"example.net": 3}
    assert [[each.due - mail.after(minutes=10) for each in some] for some in due] == [
        [n * second] * 2 for n in range(3)
    ]


async def test_a_word_from_nobody_on_the_database_s_channel_makes_nobody_deaf(
    postgresql_url, open_
):
    """An administrator may say NOTIFY with nothing in it: whatever may be due is looked for."""
    async with open_(postgresql_url) as store:
        await asyncio.wait_for(store.hints.after(0), 60)  # That it is connected.
        with psycopg.connect(postgresql_url, autocommit=True) as other:
            for seen in (1, 2):
                other.execute(f"NOTIFY {dialect._CHANNEL}")  # noqa: SLF001  # as anybody can read there
                assert await asyncio.wait_for(store.hints.after(seen), 60) == seen + 1
