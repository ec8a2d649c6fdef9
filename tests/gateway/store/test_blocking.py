"""Blocks: in force once, until they are lifted or run out, and each change leaves an event."""

from whybounce.gateway.store import Lifting, NewBlock, blocking


def spam(mail, **more: object):
    """Return a block as the gateway would add it."""
    new = {"kind": "sender", "subject": "anna@example.org", "cause": "banned-sender"}
    return NewBlock(**{**new, "reason": "9 of 10 refused", "by": "limits", "now": mail.now, **more})


async def test_a_block_is_in_force_until_it_is_lifted(url, open_, mail):
    """By whom and why can be traced afterwards."""
    async with open_(url) as store:
        id_ = await store.block(spam(mail))
        (block,) = await store.blocks(now=mail.now)
        assert (block.id, block.cause, block.added, block.until) == (
            id_,
            "banned-sender",
            mail.now,
            None,
        )

        lifted = await store.lift(Lifting(id_, "olga", mail.after(hours=1), "asked and fixed"))
        assert (lifted.lifted, lifted.lifted_by) == (mail.after(hours=1), "olga")
        assert await store.lift(Lifting(id_, "olga", mail.after(hours=2))) is None
        assert await store.lift(Lifting("mistyped", "olga", mail.now)) is None
        assert await store.blocks(now=mail.now) == ()

        trace = await store.trace(
            "anna@example.org", since=mail.now, until=mail.after(hours=1), most=5
        )
        assert [(each.kind, each.actor) for each in trace.events] == [
            ("unblocked", "olga"),
            ("blocked", "limits"),
        ]
        assert "asked and fixed" in trace.events[0].text


async def test_a_block_runs_out_by_itself(url, open_, mail):
    """At that very moment."""
    async with open_(url) as store:
        await store.block(spam(mail, until=mail.after(hours=1)))

        assert len(await store.blocks(now=mail.after(minutes=59))) == 1
        assert await store.blocks(now=mail.after(hours=1)) == ()


async def test_the_same_block_is_in_force_once(url, open_, mail):
    """A second one prolongs it; after it was lifted or ran out it is a new one."""
    async with open_(url) as store:
        first = await store.block(spam(mail, until=mail.after(hours=1)))
        again = await store.block(
            spam(mail, now=mail.after(minutes=30), until=mail.after(hours=2), reason="worse")
        )
        (block,) = await store.blocks(now=mail.after(hours=1))
        assert first == again == block.id
        assert (block.until, block.reason, block.added) == (mail.after(hours=2), "worse", mail.now)

        renewed = await store.block(spam(mail, now=mail.after(hours=3)))
        (block,) = await store.blocks(now=mail.after(hours=3))
        assert (block.id, block.added, block.until) == (renewed, mail.after(hours=3), None)
        assert renewed != first


async def test_blocks_can_be_asked_for_by_kind_and_subject(url, open_, mail):
    """As a policy does."""
    async with open_(url) as store:
        await store.block(spam(mail))
        await store.block(spam(mail, kind="ip", subject="192.0.2.1"))

        assert len(await store.blocks(now=mail.now)) == 2
        assert len(await store.blocks(now=mail.now, kind="ip")) == 1
        assert await store.blocks(now=mail.now, kind="ip", subject="192.0.2.2") == ()


async def test_every_change_of_the_blocks_makes_another_version(url, open_, mail):
    """By which who keeps them notices."""
    async with open_(url) as store:
        versions = [await store.ask(blocking.version)]
        id_ = await store.block(spam(mail, until=mail.after(hours=1)))
        versions.append(await store.ask(blocking.version))
        await store.block(spam(mail, until=mail.after(hours=2)))
        versions.append(await store.ask(blocking.version))
        await store.lift(Lifting(id_, "olga", mail.now))
        versions.append(await store.ask(blocking.version))

        assert len(set(versions)) == 4
        assert await store.ask(blocking.version) == versions[-1]


async def test_how_often_somebody_lifted_such_a_block_can_be_asked(url, open_, mail):
    """Those that ran out by themselves do not count."""
    async with open_(url) as store:
        await store.block(spam(mail, until=mail.after(hours=1)))
        for hours in (2, 3):
            id_ = await store.block(spam(mail, now=mail.after(hours=hours)))
            block = await store.lift(Lifting(id_, "olga", mail.after(hours=hours)))

        assert await store.ask(lambda c: blocking.lifted_since(c, block, mail.now)) == 2
        since = mail.after(hours=3)
        assert await store.ask(lambda c: blocking.lifted_since(c, block, since)) == 1
