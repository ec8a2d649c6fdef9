"""What became of a message: found by id, Message-ID or address, and listed page by page."""

from datetime import timedelta

import pytest

from whybounce.gateway.store import Filter, StoreError, UnknownMessageError
from whybounce.gateway.store.rows import Event, State


async def ids(store, mail, wanted, since=None, most=10):
    """Return the ids of the messages a trace finds."""
    trace = await store.trace(
        wanted, since=since or mail.after(days=-30), until=mail.now, most=most
    )
    return [life.entry.message.id for life in trace.lives]


async def test_a_message_is_found_by_whatever_one_knows_of_it(url, open_, mail):
    """Queue id, Message-ID, sender, recipient; letters in any case."""
    async with open_(url) as store:
        id_ = await mail.accept(
            store, "Ben@Example.net", sender="Anna@example.org", message_id="<a.1@example.org>"
        )
        await mail.accept(
            store, "carol@example.com", sender="dora@example.com", message_id="<2@example.com>"
        )
        for wanted in (
            id_,
            id_.lower(),
            "<a.1@example.org>",
            "a.1@example.org",
            "ben@example.NET",
            "anna@example.org",
        ):
            assert await ids(store, mail, wanted) == [id_], wanted
        for wanted in ("0000000000001", "nobody@example.org", "", "%", "<>"):
            assert await ids(store, mail, wanted) == [], wanted


async def test_traces_show_the_newest_first_and_no_more_than_asked(url, open_, mail):
    """And none from before ``since``."""
    async with open_(url) as store:
        sent = [await mail.accept(store, arrived=mail.after(hours=-n)) for n in range(72, -1, -1)]

        assert await ids(store, mail, "anna@example.org", most=3) == sent[:-4:-1]
        found = await ids(store, mail, "ben@example.net", since=mail.after(hours=-5), most=50)
        assert found == sent[:-7:-1]
        assert len(await ids(store, mail, "ben@example.net", most=500)) == 73


async def test_the_trace_goes_back_over_years_without_reading_everything(url, open_, mail):
    """A message held for three years is found."""
    async with open_(url) as store:
        old = await mail.accept(store, arrived=mail.after(days=-1000))
        new = await mail.accept(store)

        assert await ids(store, mail, "anna@example.org", since=mail.after(days=-2000)) == [
            new,
            old,
        ]


async def test_a_domain_finds_what_came_from_it_and_went_to_it(url, open_, mail):
    """The whole of it, in any case; what its letters mean to SQL does not count."""
    refusal = Event(mail.now, "refused", "inbound", "550 no", address="x@Example.net")
    async with open_(url) as store:
        await store.record(refusal)
        sent = await mail.accept(store, "ben@example.com", sender="anna@example.net")
        got = await mail.accept(store, "Ben@EXAMPLE.net", sender="dora@example.com")
        await mail.accept(store, "ben@sub-example.net", sender="ben@mail.example.net")
        found = await ids(store, mail, "@example.NET")
        trace = await store.trace("@example.net", since=mail.after(days=-1), until=mail.now, most=9)

        assert set(found) == {sent, got}
        assert trace.events == (refusal,)
        for wanted in ("@", "@example", "@example_net", "@%"):
            assert await ids(store, mail, wanted) == [], wanted


async def test_the_latest_are_told_where_nothing_is_wanted(url, open_, mail):
    """The newest first, no more than asked and none from before."""
    async with open_(url) as store:
        there = [
            await mail.accept(store, arrived=mail.after(minutes=-each)) for each in (60, 30, 10)
        ]
        latest = await ids(store, mail, None, since=mail.after(minutes=-45))
        last = await ids(store, mail, None, most=1)

    assert latest == [there[2], there[1]]
    assert last == [there[2]]


async def test_a_refusal_that_left_no_message_is_found_by_address(url, open_, mail):
    """Why did my mail not arrive? It was refused at the door."""
    refusal = Event(
        mail.after(minutes=-1),
        "refused",
        "recipient_exists",
        "550 5.1.10 no such mailbox",
        address="Bin@example.net",
    )
    async with open_(url) as store:
        await store.record(refusal)
        trace = await store.trace(
            "bin@example.net", since=mail.after(hours=-1), until=mail.now, most=5
        )
        later = await store.trace("bin@example.net", since=mail.now, until=mail.now, most=5)

    assert trace.events == (refusal,)
    assert later.events == ()


async def test_a_life_tells_everything_in_order(url, open_, mail):
    """Attempts with what was said, events with who did it, the end with its report."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        for minute in range(3):
            at = mail.after(minutes=minute)
            (one,) = await mail.lease(store, at=at)
            mail_then = type(mail)(now=at)
            await store.settle(mail_then.deferred(one, mail.after(minutes=minute + 1)))
        (one,) = await mail.lease(store, at=mail.after(minutes=3))
        (report,) = await store.settle(mail.failed(one))
        life = await store.life(id_)

    assert [each.time - mail.now for each in life.attempts] == [
        timedelta(minutes=minute) for minute in range(3)
    ]
    assert {each.code for each in life.attempts} == {451}
    assert life.entry.recipients[0].outcome.report == report
    assert life.entry.recipients[0].tries == 3


async def test_a_life_that_never_was_is_said(url, open_):
    """With the id that was asked for."""
    async with open_(url) as store:
        with pytest.raises(UnknownMessageError, match="0000000000001"):
            await store.life("0000000000001")


async def test_the_queue_is_listed_page_by_page_oldest_first(url, open_, mail):
    """Each unfinished message once, whatever is accepted meanwhile."""
    async with open_(url) as store:
        sent = [await mail.accept(store, arrived=mail.after(seconds=n)) for n in range(7)]
        (done,) = await mail.lease(store, most=1)
        await store.settle(mail.delivered(done))
        seen: list[str] = []
        after = None
        while True:
            page = await store.queue(Filter(), most=3, after=after)
            seen += [entry.message.id for entry in page.entries]
            if (after := page.after) is None:
                break
            await mail.accept(store, arrived=mail.after(seconds=-1))

    assert seen[:6] == sent[1:]
    assert len(seen) == len(set(seen))


async def test_a_listing_can_be_narrowed(url, open_, mail):
    """By state, domain and sender."""
    async with open_(url) as store:
        one = await mail.accept(store, "ben@example.net", sender="Anna@example.org")
        two = await mail.accept(store, "ben@example.com", sender="dora@example.org")

        async def listed(**which: object) -> list[str]:
            page = await store.queue(Filter(**which), most=10)
            return [entry.message.id for entry in page.entries]

        assert await listed() == [one, two]
        assert await listed(domain="Example.COM") == [two]
        assert await listed(sender="anna@EXAMPLE.org") == [one]
        assert await listed(state=State.HELD) == []
        assert await listed(state=State.QUEUED, domain="example.net") == [one]


@pytest.mark.parametrize("after", ["x", "", "1-2", "0000000000001"])
async def test_a_place_in_the_queue_that_is_none_is_said(url, open_, after):
    """It comes from a URL somebody changed."""
    async with open_(url) as store:
        with pytest.raises(StoreError, match="no place in the queue"):
            await store.queue(Filter(), most=10, after=after)
