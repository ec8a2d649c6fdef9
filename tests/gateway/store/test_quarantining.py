"""A damaged row is set aside with its reason, and the rest goes on."""

import pytest

from whybounce.gateway.store import Deed, Filter, Instruction
from whybounce.gateway.store.rows import State


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("UPDATE messages SET session = '{half' WHERE sender = 'bad@example.org'", ""),
        ("UPDATE messages SET session = '[1]' WHERE sender = 'bad@example.org'", "object"),
        ("UPDATE messages SET body_type = '9BIT' WHERE sender = 'bad@example.org'", "9BIT"),
        ("UPDATE messages SET ret = 'SOME' WHERE sender = 'bad@example.org'", "SOME"),
        (
            "UPDATE messages SET arrived = 9000000000000000000 WHERE sender = 'bad@example.org'",
            "",
        ),
        ("UPDATE recipients SET notify = 'MAYBE' WHERE address = 'bad@example.net'", "MAYBE"),
    ],
)
async def test_a_row_that_cannot_be_read_is_set_aside(url, open_, mail, sql, damage, reason):
    """The others are leased as if it were not there."""
    async with open_(url) as store:
        good = [await mail.accept(store) for _ in range(3)]
        bad = await mail.accept(store, "bad@example.net", sender="bad@example.org")
        good += [await mail.accept(store) for _ in range(3)]
        sql(url, damage)
        leased = await mail.lease(store)
        again = await mail.lease(store, at=mail.after(hours=1))
        figures = await store.figures(now=mail.now)
        page = await store.queue(Filter(), most=10)

    assert [each.message.id for each in leased] == good
    assert [each.message.id for each in again] == good
    assert figures.recipients[State.QUARANTINED] == 1
    ((kind, actor, text),) = sql(url, "SELECT kind, actor, text FROM events")
    assert (kind, actor) == ("quarantined", "a")
    assert reason in text
    if "messages" in damage:
        assert page.damaged == (bad,)
        assert [entry.message.id for entry in page.entries] == good


async def test_text_that_is_no_utf8_is_set_aside(sqlite_url, open_, mail, sql):
    """PostgreSQL never stores such; SQLite may have it from a bad disk."""
    async with open_(sqlite_url) as store:
        await mail.accept(store, sender="bad@example.org")
        good = await mail.accept(store)
        sql(sqlite_url, "UPDATE messages SET sender = CAST(x'ff' AS TEXT) WHERE sender LIKE 'bad%'")
        leased = await mail.lease(store)

    assert [each.message.id for each in leased] == [good]
    ((text,),) = sql(sqlite_url, "SELECT text FROM events")
    assert "UTF-8" in text


async def test_a_recipient_whose_message_is_gone_is_set_aside(sqlite_url, open_, mail, sql):
    """The event says which it was, since no life can tell it any more."""
    async with open_(sqlite_url) as store:
        gone = await mail.accept(store, sender="bad@example.org")
        good = await mail.accept(store)
        with_checks_off = "DELETE FROM messages WHERE sender = 'bad@example.org'"
        sql(sqlite_url, "PRAGMA foreign_keys = OFF", with_checks_off)
        leased = await mail.lease(store)

    assert [each.message.id for each in leased] == [good]
    assert sql(sqlite_url, "SELECT message, text FROM events") == [
        (None, f"message {gone}: its message's row is gone")
    ]


async def test_what_was_set_aside_is_tried_again_when_an_operator_says_so(url, open_, mail, sql):
    """After mending the row by hand."""
    async with open_(url) as store:
        bad = await mail.accept(store)
        sql(url, "UPDATE messages SET body_type = '9BIT'")
        assert await mail.lease(store) == ()
        sql(url, "UPDATE messages SET body_type = '8BITMIME'")
        await store.operate(Instruction(Deed.RELEASE, bad, "olga", mail.now))

        assert [each.message.id for each in await mail.lease(store)] == [bad]
