"""A delivery session's end is recorded whole or not at all, and a recipient ends once."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from whybounce.gateway.store import LeaseLostError, body_of
from whybounce.gateway.store.rows import (
    Attempt,
    Consignment,
    Deferral,
    LeasedRecipient,
    Outgoing,
    Retirement,
    Settlement,
    State,
    Terminal,
    Told,
)


async def test_one_session_may_end_differently_for_each_recipient(url, open_, mail):
    """Delivered, deferred and failed together, with the report about the failed one."""
    addresses = ("ben@example.net", "carol@example.net", "dora@example.net")
    async with open_(url) as store:
        id_ = await mail.accept(store, *addresses)
        (consignment,) = await mail.lease(store)
        report = Outgoing(mail.message("anna@example.org", sender="", about=id_), body_of(b"ndr"))
        (ndr,) = await store.settle(
            Settlement(
                consignment,
                mail.now,
                attempts=(
                    Attempt(0, mail.now, "mx1.example.net", error="connection refused"),
                    Attempt(0, mail.now, "mx2.example.net", "192.0.2.9", "TLSv1.3", "DATA", 250),
                    Attempt(1, mail.now, code=451, status="4.7.1", reply="451 4.7.1 Later"),
                    Attempt(2, mail.now, code=550, status="5.1.1", reply="550 5.1.1 No such user"),
                ),
                deferrals=(Deferral(1, mail.after(minutes=15), delay_told=mail.now),),
                retirements=(
                    Retirement(0, Terminal.DELIVERED, remote="mx2.example.net"),
                    Retirement(2, Terminal.FAILED, "no-such-mailbox", "5.1.1", report=0),
                ),
                messages=(report,),
            )
        )
        life = await store.life(id_)
        ben, carol, dora = life.entry.recipients
        (next_,) = await mail.lease(store)
        _, again = await mail.lease(store, at=mail.after(minutes=15))

    assert (ben.state, ben.tries, ben.outcome.terminal) == (State.DONE, 1, Terminal.DELIVERED)
    assert (carol.state, carol.tries, carol.due) == (State.QUEUED, 1, mail.after(minutes=15))
    assert (dora.outcome.told, dora.outcome.report) == (Told.REPORTED, ndr)
    assert [each.number for each in life.attempts] == [0, 0, 1, 2]
    assert life.attempts[1].tls == "TLSv1.3"
    assert (next_.message.id, next_.message.about, next_.message.sender) == (ndr, id_, "")
    assert again.recipients[0].address == "carol@example.net"
    assert again.recipients[0].delay_told == mail.now


async def test_a_delay_once_told_stays_told(url, open_, mail):
    """The sender hears of it once."""
    async with open_(url) as store:
        await mail.accept(store)
        (one,) = await mail.lease(store)
        due = mail.after(minutes=1)
        deferral = Deferral(0, due, delay_told=mail.now)
        await store.settle(Settlement(one, mail.now, deferrals=(deferral,)))
        (two,) = await mail.lease(store, at=due)
        await store.settle(mail.deferred(two, mail.after(minutes=2)))
        (three,) = await mail.lease(store, at=mail.after(minutes=2))

    assert three.recipients[0].delay_told == mail.now
    assert three.recipients[0].tries == 1, "a deferral without an attempt was no try"


async def test_a_withheld_report_is_an_end_too(url, open_, mail):
    """It is written down, and no message is queued."""
    async with open_(url) as store:
        id_ = await mail.accept(store)
        (one,) = await mail.lease(store)
        assert await store.settle(mail.failed(one, reported=False)) == ()
        outcome = (await store.life(id_)).entry.recipients[0].outcome

        assert (outcome.told, outcome.report) == (Told.WITHHELD, None)
        assert (outcome.cause, outcome.reply) == ("no-such-mailbox", "550 5.1.1 User unknown")
        assert await mail.lease(store) == ()


async def test_the_same_settlement_counts_once(url, open_, mail):
    """Whoever does not know whether it was recorded may ask again: never two reports."""
    async with open_(url) as store:
        await mail.accept(store)
        (one,) = await mail.lease(store)
        answers = await asyncio.gather(
            *(store.settle(mail.failed(one)) for _ in range(5)), return_exceptions=True
        )
        reports = await mail.lease(store)

    assert [type(answer) for answer in answers].count(LeaseLostError) == 4
    assert len(reports) == 1


async def test_one_lost_recipient_stops_the_whole_settlement(url, open_, mail):
    """The report names them all; whoever asks again leaves that one out."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "ben@example.net", "carol@example.net")
        (mine,) = await mail.lease(store)
        (theirs,) = await mail.lease(store, "b", at=mail.after(minutes=5), most=1)
        assert [each.number for each in theirs.recipients] == [0]
        with pytest.raises(LeaseLostError) as caught:
            await store.settle(mail.failed(mine))
        untouched = (await store.life(id_)).entry.recipients
        carol = replace(mine, recipients=mine.recipients[1:])
        await store.settle(mail.failed(carol))
        await store.settle(mail.delivered(theirs))
        settled = (await store.life(id_)).entry.recipients

    assert caught.value.numbers == {0}
    assert [each.outcome for each in untouched] == [None, None]
    assert [each.outcome.terminal for each in settled] == [Terminal.DELIVERED, Terminal.FAILED]


async def test_recipients_that_are_not_named_stay_leased(url, open_, mail):
    """The connection goes on with them."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "ben@example.net", "carol@example.net")
        (one,) = await mail.lease(store)
        await store.settle(mail.delivered(one, 0))
        assert await mail.lease(store) == ()
        await store.settle(mail.delivered(one, 1))

        assert (await store.life(id_)).entry.message.finished == mail.now


async def test_a_message_is_finished_with_its_last_recipient(url, open_, mail):
    """Then, and not before, its body goes."""
    async with open_(url) as store:
        id_ = await mail.accept(store, "ben@example.net", "carol@example.com")
        first, second = await mail.lease(store)
        await store.settle(mail.delivered(first))
        assert (await store.life(id_)).entry.message.finished is None
        assert await mail.content(store, id_) == mail.small
        await store.settle(mail.delivered(second))

        assert (await store.life(id_)).entry.message.finished == mail.now
        assert (await store.figures(now=mail.now)).octets == 0


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "INSERT INTO outcomes (message, number, time, terminal) SELECT id, 0, 0, 'deleted' FROM messages",
            "outcomes",
        ),
        ("UPDATE outcomes SET terminal = 'failed', told = NULL", "failures_are_told"),
        ("UPDATE outcomes SET told = 'reported', report = NULL", "reported_by_message"),
        ("UPDATE outcomes SET told = NULL, report = 5", "reported_by_message"),
        ("UPDATE outcomes SET terminal = 'vanished'", "terminal"),
        ("UPDATE recipients SET due = 5", "due_while_queued"),
        ("UPDATE recipients SET state = 'queued'", "due_while_queued"),
        ("UPDATE recipients SET lease = 5, node = 'a'", "leased_while_queued"),
        ("UPDATE messages SET finished = NULL", "finished"),
        ("UPDATE messages SET unfinished = -1", "unfinished"),
        ("UPDATE messages SET body = 5", "body_while_needed"),
        ("DELETE FROM messages", "FOREIGN KEY"),
    ],
)
async def test_the_database_itself_refuses_what_must_never_be(
    url, open_, mail, sql, statement, constraint
):
    """A mistake in our own code would end here and not in a lost message."""
    async with open_(url) as store:
        await mail.accept(store)
        (one,) = await mail.lease(store)
        await store.settle(mail.delivered(one))
    with pytest.raises(IntegrityError) as caught:
        sql(url, statement)

    assert constraint.lower().replace(" ", "") in str(caught.value).lower().replace(" ", "")


def test_a_settlement_is_checked_where_it_is_made(mail):
    """One sentence says what is wrong with it."""
    ben = LeasedRecipient(0, "ben@example.net", "example.net", None, None, 0, None)
    consignment = Consignment(None, "example.net", (ben,), "a", 1, mail.now)
    wrong = [
        ({"deferrals": (Deferral(0, mail.now), Deferral(0, mail.now))}, "settled twice"),
        ({"retirements": (Retirement(7, Terminal.DELIVERED),)}, "has not all"),
        ({"attempts": (Attempt(0, mail.now),)}, "nothing came of it"),
        ({"retirements": (Retirement(0, Terminal.FAILED),)}, "what became of its report"),
        ({"retirements": (Retirement(0, Terminal.FAILED, report=0),)}, "no such report"),
        ({"retirements": (Retirement(0, Terminal.DELIVERED, told=Told.REPORTED),)}, "became"),
    ]
    for fields, said in wrong:
        with pytest.raises(ValueError, match=said):
            Settlement(consignment, mail.now, **fields)
