"""What was accepted is there: each field, on each database, after the store was closed."""

from dataclasses import replace

import pytest

from whybounce.gateway.store import BodyGoneError, StoreError, body_of
from whybounce.gateway.store.rows import (
    Body,
    Envelope,
    NewMessage,
    Outgoing,
    Recipient,
    Session,
    Settlement,
    State,
)
from whybounce.vocabulary.envelope import BodyType, Notify, Return


async def test_a_message_comes_back_as_it_was_accepted(url, open_, mail):
    """Every field, by another process's eyes."""
    new = NewMessage(
        Envelope(
            "änna@example.org",
            (
                Recipient("Ben@Example.NET", "rfc822;ben@example.net", frozenset({Notify.NEVER})),
                Recipient("carol@example.com"),
            ),
            ret=Return.HEADERS,
            envid="QQ314159",
            body_type=BodyType.EIGHT_BIT_MIME,
            smtputf8=True,
        ),
        arrived=mail.now,
        expires=mail.after(days=5),
        session=Session("192.0.2.1", "mail.example.org", "helo", "ESMTPSA", facts={"spf": "pass"}),
        message_id="<1@example.org>",
        subject="Grüße",
        about="0000000000001",
        due=mail.after(minutes=1),
    )
    async with open_(url) as store:
        id_ = await store.accept(new, body_of(mail.small))
    async with open_(url) as store:
        at = mail.after(minutes=1)
        by_domain = {each.domain: each for each in await mail.lease(store, at=at)}
        message = by_domain["example.net"].message
        ben, carol = (each.recipients[0] for each in by_domain.values())
        content = await mail.content(store, id_)

    assert content == mail.small
    assert (message.id, message.sender, message.ret) == (id_, "änna@example.org", Return.HEADERS)
    assert (message.envid, message.body_type, message.smtputf8) == ("QQ314159", "8BITMIME", True)
    assert (message.arrived, message.expires) == (mail.now, mail.after(days=5))
    assert (message.session, message.subject) == (new.session, "Grüße")
    assert (message.size, message.about) == (len(mail.small), "0000000000001")
    assert (ben.number, ben.address, ben.domain) == (0, "Ben@Example.NET", "example.net")
    assert (ben.orcpt, ben.notify) == ("rfc822;ben@example.net", {Notify.NEVER})
    assert (carol.number, carol.orcpt, carol.notify, carol.tries) == (1, None, None, 0)


async def test_a_message_is_due_at_once_unless_it_says_when(url, open_, mail):
    """RFC 5321 asks for a first try without delay; a merged report waits."""
    async with open_(url) as store:
        await mail.accept(store, due=mail.after(hours=1))
        now = await mail.accept(store)

        assert [each.message.id for each in await mail.lease(store)] == [now]


@pytest.mark.parametrize(
    "said", ["nul \0 inside", "half \udcff surrogate", "x" * 10_000, "ü" * 2_000]
)
async def test_whatever_a_client_says_can_be_stored(url, open_, mail, said):
    """Header fields are cut and cleaned; the session is kept to the letter."""
    session = Session(helo=said)
    async with open_(url) as store:
        id_ = await mail.accept(store, subject=said, message_id=said, session=session)
        message = (await store.life(id_)).entry.message

    assert message.session == session
    assert len(message.subject) <= 998
    assert "\0" not in message.subject


async def test_an_address_that_cannot_be_stored_fails_alone(url, open_, mail):
    """It is never stored as another address."""
    async with open_(url) as store:
        with pytest.raises((UnicodeError, StoreError)):
            await mail.accept(store, "b\udcff@example.net")
        id_ = await mail.accept(store)

        assert [each.message.id for each in await mail.lease(store)] == [id_]


async def test_a_message_without_recipients_is_refused(url, open_, mail):
    """It could never be finished."""
    async with open_(url) as store:
        new = mail.message()
        with pytest.raises(StoreError):
            await store.accept(replace(new, envelope=Envelope("", ())), body_of(b"x"))

        assert (await store.figures(now=mail.now)).messages == 0


async def test_ids_grow_and_are_what_people_write(url, open_, mail):
    """Also where the clock goes back."""
    async with open_(url) as store:
        ids = [await mail.accept(store, arrived=mail.after(seconds=-n)) for n in range(5)]

    assert ids == sorted(set(ids))
    assert all(len(id_) == 13 and id_.isalnum() for id_ in ids)


async def test_copies_share_one_body_until_the_last_is_finished(url, open_, mail):
    """A group of a thousand members is no thousand bodies."""
    async with open_(url) as store:
        first = await mail.accept(store)
        (one,) = await mail.lease(store)
        copy = Outgoing(mail.message("carol@example.com"), Body(0, 0, of=first))
        (second,) = await store.settle(
            Settlement(one, mail.now, retirements=mail.delivered(one).retirements, messages=(copy,))
        )
        (two,) = await mail.lease(store)

        assert two.message.size == len(mail.small)
        assert await mail.content(store, second) == mail.small
        with pytest.raises(BodyGoneError):
            await mail.content(store, first)

        third = store.accept(mail.message(), Body(0, 0, of=second))
        fourth = await third
        await store.settle(mail.delivered(two))
        assert await mail.content(store, fourth) == mail.small


async def test_a_finished_messages_body_cannot_be_shared(url, open_, mail):
    """It is said, and the settlement that wanted it records nothing."""
    async with open_(url) as store:
        gone = await mail.accept(store)
        (one,) = await mail.lease(store)
        await store.settle(mail.delivered(one))
        copy = Outgoing(mail.message(), Body(0, 0, of=gone))
        await mail.accept(store)
        (two,) = await mail.lease(store)

        with pytest.raises(BodyGoneError, match=gone):
            await store.accept(copy.message, copy.body)
        with pytest.raises(BodyGoneError, match=gone):
            await store.settle(
                Settlement(two, mail.now, messages=(mail.failed(two).messages[0], copy))
            )
        figures = await store.figures(now=mail.now)

        assert figures.messages == 1
        assert figures.recipients[State.QUEUED] == 1
