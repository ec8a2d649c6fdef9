"""The calls that wait in the store, made in their time: until they are taken, or three days are over.

Each webhook has a task of its own, so a slow one keeps no other waiting; among nodes that share a
queue, one calls it at a time. After a call that was not taken the whole webhook rests for a while:
where a server is down, one call finds that out, and not all that wait.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec import structs

from whybounce.gateway.chores import Chore
from whybounce.gateway.reply_causes import CauseOf
from whybounce.gateway.store import Claim, Store, StoreError, calling
from whybounce.gateway.store.calling import Dropping, Hastening, Tried, Waiting
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


class _Line:
    """The calls to one webhook, as it is configured at the moment."""

    def __init__(self, webhook: Webhook, after: asyncio.Task[None] | None = None) -> None:
        self.webhook = webhook
        self.after = after  # What called it as it was before: never two at a time.
        self.task: asyncio.Task[None] | None = None
        self.failures = 0  # In a row.
        self.is_left = False  # It is configured otherwise now, or not at all.
        self._woken = asyncio.Event()

    def look(self) -> None:
        """Look for calls at once, unless it rests from a failure."""
        if not self.failures:
            self._woken.set()

    def leave(self) -> None:
        """Begin no further call."""
        self.is_left = True
        self._woken.set()

    def look_later(self) -> None:
        """Take what has been heard of so far for seen."""
        if not self.is_left:
            self._woken.clear()

    async def rest(self, seconds: float) -> None:
        """Wait until there is something to look at, at most so long."""
        if self.failures:
            self.look_later()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


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
        self.all: Mapping[str, Webhook] = {}
        self._store = store
        self._poster = poster
        self._node = node
        self._cause_of = cause_of
        self._clock = clock
        self._waits = waits
        self._loop = asyncio.get_running_loop()
        self._lines: dict[str, _Line] = {}
        self._left: dict[str, asyncio.Task[None] | None] = {}  # What may still call it as it was.
        self._changed = asyncio.Event()
        self.change(webhooks, poster)

    def change(self, webhooks: Sequence[Webhook], poster: Poster) -> None:
        """Tell these from now on; a call that is under way comes to its end.

        Who is configured otherwise than before is called at once for all that waits.
        """
        before, self._lines = self._lines, {}
        self._poster = poster
        self.all = {each.name: each for each in webhooks}
        for name, line in list(before.items()):
            if line.webhook == self.all.get(name):
                self._lines[name] = before.pop(name)
        for name, line in before.items():
            line.leave()
            self._left[name] = line.task or line.after
        for name, webhook in self.all.items():
            if name not in self._lines:
                self._lines[name] = _Line(webhook, self._left.pop(name, None))
        self._store.calls = Calls(
            wanted={
                kind: names
                for kind in CallKind
                if (names := [each.name for each in webhooks if kind in each.kinds])
            },
            body=lambda fact: body_of(fact, self._cause_of),
            made=self._wake,
        )
        self._changed.set()

    async def run(self) -> None:
        """Call until cancelled."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._changed.clear()
                for line in self._lines.values():
                    if line.task is None:
                        line.task = asyncio.create_task(self._call(line))
                        tasks.add(line.task)
                        line.task.add_done_callback(tasks.discard)
                await self._changed.wait()
        finally:
            ending = tuple(tasks)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

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
        webhook, now = self.all[name], self._clock()
        fault = await self._posted(webhook, f"test-{now:%Y%m%d%H%M%S%f}", trial_body(now))
        waiting = {each.webhook: each for each in await self._store.ask(calling.waiting)}
        return (structs.replace(_entry(webhook, waiting.get(name)), fault=fault),)

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
        for line in self._lines.values():
            line.look()

    async def _call(self, line: _Line) -> None:
        name = line.webhook.name
        while not line.is_left:
            line.look_later()
            try:
                await self._take_over(line)
                rest = await self._until_due(line.webhook) or await self._turn(line)
            except StoreError as error:
                _log.warning("webhook %s: %s", name, error)
                rest = _LOOK
            except Exception:  # noqa: BLE001  # our own fault; the other calls are to be made all the same
                _log.exception("webhook %s", name)
                rest = _LOOK
            if rest:
                await line.rest(rest)

    async def _take_over(self, line: _Line) -> None:
        """Wait for the end of what called the webhook as it was before; what it was tired of is due."""
        if line.after is None:
            return
        await asyncio.wait([line.after])
        hastening = Hastening(line.webhook.name, self._clock())
        await self._store.perform(calling.hasten, hastening)
        line.after = None

    async def _until_due(self, webhook: Webhook) -> float:
        """Return how long to rest until a call is due."""
        coming = await self._store.ask(lambda c: calling.next_due(c, webhook.name))
        if coming is None:
            return _LOOK
        return min(max((coming - self._clock()).total_seconds(), 0.0), _LOOK)

    async def _turn(self, line: _Line) -> float:
        """Make calls, unless another node does; return how long to rest."""
        now = self._clock()
        claim = Claim(f"webhook {line.webhook.name}", self._node, now, now + _HELD)
        if await self._store.take(claim) is None:
            return _OTHERS
        try:
            return await self._make_calls(line)
        finally:
            await self._store.give_up(replace(claim, now=self._clock()))

    async def _make_calls(self, line: _Line) -> float:
        """Make the calls that are due, up to the first that is not taken; return how long to rest."""
        webhook = line.webhook
        now, until = self._clock(), self._loop.time() + _LONGEST_TURN
        due = await self._store.ask(lambda c: calling.due(c, webhook.name, now, most=_AT_ONCE))
        for call in due:
            if line.is_left or self._loop.time() > until:
                break
            fault = await self._posted(webhook, call.id, call.body)
            if fault is not None:
                return await self._not_taken(line, call, fault)
            line.failures = 0
            await self._store.perform(calling.tried, Tried(call.id))
        return 0.0

    async def _not_taken(self, line: _Line, call: Call, fault: str) -> float:
        now, name = self._clock(), line.webhook.name
        if now - call.made >= GIVEN_UP:
            text = f"webhook {name}, call {call.id}: given up after {call.tries + 1} tries: {fault}"
            await self._store.record(Event(now, "call-given-up", self._node, text))
            await self._store.perform(calling.tried, Tried(call.id))
            _log.error("%s", text)
        else:
            again = now + self._waits[min(call.tries, len(self._waits) - 1)]
            await self._store.perform(calling.tried, Tried(call.id, again, fault))
        line.failures += 1
        _log.warning("webhook %s: %s", name, fault)
        rest = min(self._waits[min(line.failures, len(self._waits)) - 1], LONGEST_REST)
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
