"""The calls that wait in the store, made in their time: until they are taken, or three days are over.

Each webhook has a task of its own, so a slow one keeps no other waiting; among nodes that share a
queue, one calls it at a time. After a call that was not taken the whole webhook rests for a while:
where a server is down, one call finds that out, and not all that wait.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec import structs

from whybounce.gateway.chores import Chore
from whybounce.gateway.reply_causes import CauseOf
from whybounce.gateway.store import Claim, Store, StoreError, calling
from whybounce.gateway.store.calling import Dropping, Tried, Waiting
from whybounce.gateway.store.rows import Call, CallKind, Calls, Event
from whybounce.gateway.webhooks.posting import Poster
from whybounce.gateway.webhooks.signing import signed
from whybounce.gateway.webhooks.telling import body_of, trial_body
from whybounce.wire import SCHEMA
from whybounce.wire.calls import WebhookEntry
from whybounce.wire.times import timestamp

_log = logging.getLogger(__name__)

WAITS = tuple(
    timedelta(seconds=each) for each in (5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600)
)  # After the first try, the second, …; the last repeats.
LONGEST_REST = timedelta(minutes=10)  # Of a webhook as a whole.
GIVEN_UP = timedelta(days=3)
_AT_ONCE = 20  # Calls between two looks at who calls.
_HELD = timedelta(minutes=2)
_LONGEST_TURN = 60.0  # Seconds, after which no further call is begun: the token would run out.
_OTHERS = 1.0  # Seconds until it is looked again whether another node still calls.
_LOOK = 30.0  # Seconds, after which is looked for what nobody told of.
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where to call, for what."""

    name: str
    url: str
    key: bytes
    kinds: Sequence[CallKind]
    private: bool = False  # Whether it may be in our own network.


class UnknownWebhookError(Exception):
    """There is no webhook of that name. Says so in one sentence."""


class Webhooks:
    """All of them."""

    def __init__(
        self,
        store: Store,
        webhooks: Sequence[Webhook],
        poster: Poster,
        *,
        node: str,
        cause_of: CauseOf,
        clock: Callable[[], datetime],
        waits: Sequence[timedelta] = WAITS,
    ) -> None:
        """Bind to the running loop; from now on the store writes calls."""
        self.all: Mapping[str, Webhook] = {each.name: each for each in webhooks}
        self._store = store
        self._poster = poster
        self._node = node
        self._clock = clock
        self._waits = waits
        self._loop = asyncio.get_running_loop()
        self._woken = {name: asyncio.Event() for name in self.all}
        self._failures = dict.fromkeys(self.all, 0)  # In a row.
        store.calls = Calls(
            wanted={
                kind: names
                for kind in CallKind
                if (names := [each.name for each in webhooks if kind in each.kinds])
            },
            body=lambda fact: body_of(fact, cause_of),
            made=self._wake,
        )

    async def run(self) -> None:
        """Call until cancelled."""
        if self.all:
            await asyncio.gather(*(self._call(each) for each in self.all.values()))

    async def standing(self) -> tuple[WebhookEntry, ...]:
        """Return the webhooks, each with what waits for it. Raises StoreError."""
        waiting = {each.webhook: each for each in await self._store.ask(calling.waiting)}
        return tuple(_entry(each, waiting.get(each.name)) for each in self.all.values())

    async def tried(self, name: str) -> tuple[WebhookEntry, ...]:
        """Tell the webhook that nothing happened, once; return it with why that was not taken.

        Raises:
            UnknownWebhookError: There is none of that name.
            StoreError: What waits for it cannot be read.

        """
        if name not in self.all:
            named = ", ".join(self.all) or "none"
            raise UnknownWebhookError(f"there is no webhook {name!r}; configured are: {named}")
        now = self._clock()
        fault = await self._posted(self.all[name], f"test-{now:%Y%m%d%H%M%S%f}", trial_body(now))
        standing = {each.name: each for each in await self.standing()}
        return (structs.replace(standing[name], fault=fault),)

    @property
    def chore(self) -> Chore:
        """What removes calls that nobody makes any more: of webhooks that are gone."""
        return Chore("calls of webhooks that are gone", timedelta(hours=1), self._drop)

    async def _drop(self, now: datetime) -> None:
        dropping = Dropping(now - GIVEN_UP - timedelta(days=1), _BATCH)
        while await self._store.perform(calling.drop, dropping):
            pass

    def _wake(self) -> None:
        """Have all look."""
        for event in self._woken.values():
            event.set()

    async def _call(self, webhook: Webhook) -> None:
        while True:
            self._woken[webhook.name].clear()
            try:
                rest = await self._until_due(webhook) or await self._turn(webhook)
            except StoreError as error:
                _log.warning("webhook %s: %s", webhook.name, error)
                rest = _LOOK
            except Exception:  # noqa: BLE001  # our own fault; the other calls are to be made all the same
                _log.exception("webhook %s", webhook.name)
                rest = _LOOK
            if rest:
                await self._rested(webhook, rest)

    async def _rested(self, webhook: Webhook, seconds: float) -> None:
        """Wait; a webhook that is not resting from a failure is woken by what happens."""
        if self._failures[webhook.name]:
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._woken[webhook.name].wait()
        except TimeoutError:
            return

    async def _until_due(self, webhook: Webhook) -> float:
        """Return how long to rest until a call is due."""
        coming = await self._store.ask(lambda c: calling.next_due(c, webhook.name))
        if coming is None:
            return _LOOK
        return min(max((coming - self._clock()).total_seconds(), 0.0), _LOOK)

    async def _turn(self, webhook: Webhook) -> float:
        """Make calls, unless another node does; return how long to rest."""
        now = self._clock()
        claim = Claim(f"webhook {webhook.name}", self._node, now, now + _HELD)
        if await self._store.take(claim) is None:
            return _OTHERS
        try:
            return await self._make_calls(webhook)
        finally:
            await self._store.give_up(replace(claim, now=self._clock()))

    async def _make_calls(self, webhook: Webhook) -> float:
        """Make the calls that are due, up to the first that is not taken; return how long to rest."""
        now, until = self._clock(), self._loop.time() + _LONGEST_TURN
        due = await self._store.ask(lambda c: calling.due(c, webhook.name, now, most=_AT_ONCE))
        for call in due:
            if self._loop.time() > until:
                break
            fault = await self._posted(webhook, call.id, call.body)
            if fault is not None:
                return await self._not_taken(webhook, call, fault)
            self._failures[webhook.name] = 0
            await self._store.perform(calling.tried, Tried(call.id))
        return 0.0

    async def _not_taken(self, webhook: Webhook, call: Call, fault: str) -> float:
        now = self._clock()
        if now - call.made >= GIVEN_UP:
            text = f"webhook {webhook.name}, call {call.id}: given up after {call.tries + 1} tries: {fault}"
            await self._store.record(Event(now, "call-given-up", self._node, text))
            await self._store.perform(calling.tried, Tried(call.id))
            _log.error("%s", text)
        else:
            again = now + self._waits[min(call.tries, len(self._waits) - 1)]
            await self._store.perform(calling.tried, Tried(call.id, again, fault))
        self._failures[webhook.name] += 1
        failures = self._failures[webhook.name]
        _log.warning("webhook %s: %s", webhook.name, fault)
        rest = min(self._waits[min(failures, len(self._waits)) - 1], LONGEST_REST)
        return rest.total_seconds()

    async def _posted(self, webhook: Webhook, id_: str, body: str) -> str | None:
        octets = body.encode()
        headers = dict(signed(webhook.key, id_, int(self._clock().timestamp()), octets))
        return await self._poster.post(webhook.url, headers, octets, private=webhook.private)


def _entry(webhook: Webhook, waiting: Waiting | None) -> WebhookEntry:
    return WebhookEntry(
        schema=SCHEMA,
        name=webhook.name,
        host=urlsplit(webhook.url).hostname or "",
        events=list(webhook.kinds),
        waiting=waiting.calls if waiting else 0,
        due=timestamp(waiting.due) if waiting else None,
        fault=waiting.fault if waiting else None,
    )
