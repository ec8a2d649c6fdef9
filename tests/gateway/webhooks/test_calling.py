"""Calls are written with what they tell of, and made until they are taken; on both databases."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from hooks import TAKEN, Hook, answering, hooked
from whybounce.checking.lookups import Resolver
from whybounce.checking.tls import verifying_context
from whybounce.gateway.store import LeaseLostError, Store
from whybounce.gateway.store.rows import CallKind, Complaint
from whybounce.gateway.webhooks import calling
from whybounce.gateway.webhooks.calling import GIVEN_UP, UnknownWebhookError, Webhook, Webhooks
from whybounce.gateway.webhooks.posting import Poster
from whybounce.wire.schema import schemas

SHAPE = Draft202012Validator(schemas()["webhook"])
POSTER = Poster(Resolver("127.0.0.1", 1), verifying_context(None), seconds=60)
SOON = (timedelta(milliseconds=20),)


def _webhooks(
    store: Store, mail, port: int, *, name: str = "crm", kinds: Sequence[CallKind] = tuple(CallKind)
) -> Webhooks:
    url = f"http://127.0.0.1:{port}/"
    hook = Webhook(name=name, url=url, key=b"k" * 32, kinds=kinds, private=True)
    ticks = itertools.count()
    return Webhooks(
        store, [hook], POSTER, node="a", cause_of=lambda _: None,
        clock=lambda: mail.after(milliseconds=next(ticks)), waits=SOON,
    )  # fmt: skip


def _at_one_time(
    store: Store, hooks: Sequence[Webhook], mail, *, node: str = "a", **more: object
) -> Webhooks:
    """Return those whose clock stands."""
    return Webhooks(
        store, hooks, POSTER, node=node, cause_of=lambda _: None, clock=lambda: mail.now, **more
    )


@asynccontextmanager
async def _calling(webhooks: Webhooks) -> AsyncIterator[None]:
    task = asyncio.create_task(webhooks.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _fails(store: Store, mail, *, reported: bool = True) -> str:
    id_ = await mail.accept(store, "ben@example.net")
    (consignment,) = await store.lease_message(
        id_, most=9, node="a", now=mail.now, until=mail.after(minutes=5)
    )
    await store.settle(mail.failed(consignment, reported=reported))
    return id_


async def _nothing_waits(webhooks: Webhooks) -> None:
    async with asyncio.timeout(60):
        while (await webhooks.standing())[0].waiting:  # noqa: ASYNC110  # a database wakes nobody
            await asyncio.sleep(0.01)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110  # a log wakes nobody
            await asyncio.sleep(0.01)


def _told(hook: Hook) -> list[dict]:
    told = [json.loads(body) for body in hook.bodies]
    for each in told:
        SHAPE.validate(each)
    return told


async def test_who_was_not_reached_is_told_at_once(url, open_, mail):
    """With the cause, whose it is to mend, what was said, and the notice."""
    async with open_(url) as store, hooked() as hook:
        webhooks = _webhooks(store, mail, hook.port)
        async with _calling(webhooks):
            id_ = await _fails(store, mail)
            await hook.times(1)
            await _nothing_waits(webhooks)
    (told,) = _told(hook)

    assert told["type"] == "failed"
    assert told["timestamp"] == "2026-11-21T12:00:00Z"
    assert told["data"]["message"] == id_
    assert told["data"]["recipient"] == "ben@example.net"
    assert told["data"]["reply"] == "550 5.1.1 User unknown"
    assert told["data"]["report"]
    assert hook.headers[0]["webhook-signature"].startswith("v1,")


async def test_a_notice_that_is_withheld_is_told_besides(url, open_, mail):
    """And nothing that nobody wants to know is written down."""
    async with open_(url) as store, hooked() as hook:
        webhooks = _webhooks(store, mail, hook.port, kinds=[CallKind.WITHHELD])
        await _fails(store, mail)
        before = (await webhooks.standing())[0].waiting
        await _fails(store, mail, reported=False)
        async with _calling(webhooks):
            await hook.times(1)
            await _nothing_waits(webhooks)

    assert before == 0
    assert [each["type"] for each in _told(hook)] == ["withheld"]


async def test_a_complaint_is_told_with_who_complained(url, open_, mail):
    """It is a message like any other besides, and a trace of the address finds it."""
    said = Complaint(
        "abuse", "mx.example.com", ("ben@example.net",), "<1@a.example>", None, "\ud800"
    )
    async with open_(url) as store, hooked() as hook:
        webhooks = _webhooks(store, mail, hook.port)
        id_ = await mail.accept(store, "abuse@example.org", complaint=said)
        life = await store.life(id_)
        async with _calling(webhooks):
            await hook.times(1)
    (told,) = _told(hook)

    assert told["type"] == "complaint"
    assert told["data"]["message"] == id_
    assert told["data"]["recipient"] is None
    assert told["data"]["complaint"]["recipients"] == ["ben@example.net"]
    assert [each.kind for each in life.events] == ["complaint"]


async def test_what_was_not_recorded_is_not_told(url, open_, mail):
    """The call is of the transaction that it tells of."""
    async with open_(url) as store:
        webhooks = _webhooks(store, mail, 1)
        await mail.accept(store, "ben@example.net")
        (lost,) = await mail.lease(store)
        (again,) = await mail.lease(store, node="b", at=mail.after(minutes=10))
        with pytest.raises(LeaseLostError):
            await store.settle(mail.failed(lost))
        before = (await webhooks.standing())[0].waiting
        await store.settle(mail.failed(again))
        after = (await webhooks.standing())[0].waiting

    assert (before, after) == (0, 1)


async def test_a_call_that_is_not_taken_is_made_again_until_it_is(url, open_, mail, caplog):
    """The same one, by its id and to the octet, even by another process; nothing secret is logged."""
    async with open_(url) as store, hooked(answering("503 Later"), TAKEN) as hook:
        async with _calling(_webhooks(store, mail, 1)):  # Nobody is there.
            await _fails(store, mail)
            await _until(lambda: "[127.0.0.1]" in caplog.text)
        mail.now = mail.after(minutes=1)
        webhooks = _webhooks(store, mail, hook.port)
        async with _calling(webhooks):
            await hook.times(2)
            await _nothing_waits(webhooks)

    assert hook.bodies[0] == hook.bodies[1]
    assert hook.headers[0]["webhook-id"] == hook.headers[1]["webhook-id"]
    assert "answers 503" in caplog.text
    assert "kkkk" not in caplog.text
    assert f":{hook.port}/" not in caplog.text


async def test_after_three_days_it_is_given_up_and_that_is_written_down(url, open_, mail):
    """Nothing waits for ever."""
    async with open_(url) as store, hooked(answering("500 No")) as hook:
        webhooks = _webhooks(store, mail, hook.port)
        await _fails(store, mail)
        mail.now += GIVEN_UP
        async with _calling(webhooks):
            await hook.times(1)
            await _nothing_waits(webhooks)
        events = await store.happened("call-given-up", since=mail.after(days=-1), most=9)

    assert "given up after 1 tries: 127.0.0.1 answers 500" in events[0].text


async def test_one_that_is_down_keeps_no_other_waiting_and_is_not_asked_for_each(url, open_, mail):
    """One call finds it out; the rest of them wait untried."""
    async with open_(url) as store, hooked(answering("500 No")) as down, hooked() as well:
        hooks = [
            Webhook(name=name, url=f"http://127.0.0.1:{port}/", key=b"k" * 32,
                    kinds=tuple(CallKind), private=True)
            for name, port in (("down", down.port), ("well", well.port))
        ]  # fmt: skip
        webhooks = _at_one_time(store, hooks, mail)
        for _ in range(5):
            await _fails(store, mail)
        async with _calling(webhooks):
            await well.times(5)
            await down.times(1)

    assert len(down.bodies) == 1


async def test_among_nodes_one_calls(url, open_, mail):
    """Whoever holds the webhook's token."""
    async with open_(url) as store, hooked() as hook:
        first = _webhooks(store, mail, hook.port)
        other = _at_one_time(store, list(first.all.values()), mail, node="b")
        async with _calling(first), _calling(other):
            for _ in range(3):
                await _fails(store, mail)
            await hook.times(3)
            await _nothing_waits(first)

    assert len({each["webhook-id"] for each in hook.headers}) == len(hook.headers) == 3


async def test_what_another_node_writes_is_called_without_waiting_for_a_look(
    postgresql_url, open_, mail, monkeypatch
):
    """Who wrote it may have ended at once, as the command line does."""
    monkeypatch.setattr(calling, "_LOOK", 3_600.0)
    async with open_(postgresql_url) as one, open_(postgresql_url) as other, hooked() as hook:
        for store in (one, other):  # Each hears that it is connected.
            await asyncio.wait_for(store.hints.after(0), 30)
        writes = _webhooks(one, mail, hook.port)
        async with _calling(_webhooks(other, mail, hook.port)):
            await _fails(one, mail)
            await hook.times(1)
            await _nothing_waits(writes)
            await _fails(one, mail)
            await hook.times(2)

    assert len(hook.bodies) == 2


def _hook(name: str, port: int) -> Webhook:
    url = f"http://127.0.0.1:{port}/"
    return Webhook(name=name, url=url, key=b"k" * 32, kinds=tuple(CallKind), private=True)


async def test_one_that_moved_is_told_at_its_new_place_what_waits_and_nothing_is_said_twice(
    url, open_, mail
):
    """The call that is under way comes to its end first; another that is new is told of what comes."""
    async with open_(url) as store, hooked(b"") as silent, hooked() as there, hooked() as new:
        webhooks = _at_one_time(store, [_hook("crm", silent.port)], mail)
        async with _calling(webhooks):
            await _fails(store, mail)
            await silent.times(1)
            webhooks.change([_hook("crm", there.port), _hook("new", new.port)], POSTER)
            silent.closed.set()
            await there.times(1)
            await _fails(store, mail)
            await asyncio.gather(there.times(2), new.times(1))
            await _nothing_waits(webhooks)

    assert len(silent.bodies) == 1
    assert there.headers[0]["webhook-id"] == silent.headers[0]["webhook-id"]
    assert len({each["webhook-id"] for each in there.headers}) == len(there.headers) == 2
    assert len(new.bodies) == 1


@pytest.mark.parametrize("between", ["moved twice", "gone and back"])
async def test_whatever_becomes_of_its_configuration_a_webhook_is_called_once_at_a_time(
    url, open_, mail, between
):
    """Also where the configuration changes again before the first change has taken effect."""
    async with open_(url) as store, hooked(b"") as silent, hooked() as there:
        webhooks = _at_one_time(store, [_hook("crm", silent.port)], mail)
        async with _calling(webhooks):
            await _fails(store, mail)
            await silent.times(1)
            passing = [_hook("crm", 1)] if between == "moved twice" else []
            for hooks in (passing, [_hook("crm", there.port)]):
                webhooks.change(hooks, POSTER)
            await _fails(store, mail)
            told_meanwhile = len(there.bodies)
            silent.closed.set()
            await there.times(2)
            await _nothing_waits(webhooks)

    assert told_meanwhile == 0
    assert there.headers[0]["webhook-id"] == silent.headers[0]["webhook-id"]
    assert len({each["webhook-id"] for each in there.headers}) == len(there.headers) == 2


async def test_one_that_is_configured_no_more_is_told_nothing_more(url, open_, mail):
    """Neither of what waits nor of what comes; back again, it is told what waited."""
    async with (
        open_(url) as store,
        hooked(answering("503 Later"), TAKEN) as hook,
        hooked() as other,
    ):
        hooks = [_hook("crm", hook.port), _hook("other", other.port)]
        webhooks = _at_one_time(store, hooks, mail, waits=[timedelta(hours=1)])
        async with _calling(webhooks):
            await _fails(store, mail)
            await asyncio.gather(hook.times(1), other.times(1))
            webhooks.change([_hook("other", other.port)], POSTER)
            await _fails(store, mail)
            await other.times(2)
            told_meanwhile = len(hook.bodies)
            mail.now = mail.after(hours=2)
            webhooks.change([_hook("crm", hook.port), _hook("other", other.port)], POSTER)
            await hook.times(2)
            await _nothing_waits(webhooks)

    assert told_meanwhile == 1
    assert hook.headers[0]["webhook-id"] == hook.headers[1]["webhook-id"]
    assert [each.name for each in webhooks.all.values()] == ["crm", "other"]


async def test_calls_of_a_webhook_that_is_gone_go_in_time(url, open_, mail):
    """Who calls it no more does not keep them."""
    async with open_(url) as store:
        gone = _webhooks(store, mail, 1, name="gone")
        await _fails(store, mail)
        before = (await gone.standing())[0].waiting
        here = _webhooks(store, mail, 1)
        await here.chore.do(mail.after(days=3))
        early = (await gone.standing())[0].waiting
        await here.chore.do(mail.after(days=5))
        late = (await gone.standing())[0].waiting

    assert (before, early, late) == (1, 1, 0)


async def test_a_webhook_is_tried_without_anything_having_happened(sqlite_url, open_, mail):
    """And what is none is told, with those there are."""
    async with open_(sqlite_url) as store, hooked(TAKEN, answering("401 Who")) as hook:
        webhooks = _webhooks(store, mail, hook.port)
        (taken,) = await webhooks.tried("crm")
        (refused,) = await webhooks.tried("crm")
        with pytest.raises(UnknownWebhookError, match="configured are: crm"):
            await webhooks.tried("cmr")

    assert taken.fault is None
    assert refused.fault == "127.0.0.1 answers 401"
    assert [each["type"] for each in _told(hook)] == ["test", "test"]
