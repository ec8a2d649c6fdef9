"""Which MTA-STS policy is in force for a domain. RFC 8461 §3.3, §5.1.

Rule 1: a policy that is kept and in date holds, whatever the DNS or the web server say or do not.
Rule 2: a new one is fetched where the DNS names another than the one that is kept, once for all who
wait for it; where that fails it is tried again after five minutes at the earliest.
Rule 3: no failure here stops mail. Without a policy it goes as if there were none.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from whybounce.checking.domains import to_ascii
from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts import StsPolicy, Unreadable, read_record
from whybounce.gateway.mta_sts.keeping import Kept, keep, kept_of
from whybounce.gateway.store import Store, StoreError
from whybounce.gateway.store.rows import Event

_log = logging.getLogger(__name__)

UNFETCHED = "mta-sts-unfetched"  # The kind of event; its text begins with RFC 8460's word.
_UNREADABLE = "?"  # No id, which is letters and digits.
_PAUSE = timedelta(minutes=5)  # RFC 8461 §3.3.
_LOOK_AGAIN = timedelta(minutes=1)  # At what other nodes keep of domains of which we have nothing.
_DAY = timedelta(days=1)
_MOST_HELD = 10_000

Fetch = Callable[[str], Awaitable[StsPolicy | Unreadable]]


@dataclass(slots=True)
class _Held:
    kept: Kept | None
    since: datetime
    failed_id: str = ""
    pause_until: datetime | None = None


@dataclass(slots=True)
class Policies:
    """Answers for domains; the last ones are held in memory."""

    store: Store
    resolver: Resolver
    fetch: Fetch
    clock: Callable[[], datetime]
    node: str = ""  # Who says so, where it is written down that a policy cannot be had.
    _held: OrderedDict[str, _Held] = field(default_factory=OrderedDict)
    _fetching: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def policy_of(self, domain: str) -> StsPolicy | None:
        """Return the policy in force. Raises StoreError where what is kept cannot be read."""
        domain = to_ascii(domain) or domain
        held = await self._hold(domain)
        published = await self.published_id(domain)
        now = self.clock()
        if isinstance(published, Unreadable):
            if self._is_new(held, _UNREADABLE, now):
                await self._failed(domain, held, _UNREADABLE, published)
        elif published is not None and self._is_new(held, published, now):
            await self._fetch_once(domain, held, published)
        kept = held.kept
        if kept is None or not kept.holds(self.clock()):
            return None
        await self._note_use(held, kept, now)
        return kept.policy

    async def published_id(self, domain: str) -> str | Unreadable | None:
        """Return the id that the DNS names; None where nothing stands there, or nobody can tell."""
        records = await self.resolver.texts(f"_mta-sts.{domain}")
        if records.absence is not None:
            if records.is_undecided:
                _log.info("MTA-STS of %s: %s", domain, records.detail)
            return None
        if not any(each.startswith("v=STSv1") for each in records.values):
            return None  # RFC 8461 §3.1: others are discarded.
        return read_record(records.values)

    async def renew(self, kept: Kept) -> Unreadable | None:
        """Fetch a policy anew; return why that cannot be done, and what was kept stays.

        Raises StoreError.
        """
        published = await self.published_id(kept.domain)
        fetched = await self.fetch(kept.domain)
        if isinstance(fetched, Unreadable):
            await self._record(kept.domain, fetched)
            return fetched
        id_ = published if isinstance(published, str) else kept.id
        renewed = _kept(kept.domain, id_, fetched, self.clock())
        renewed = replace(renewed, used=kept.used)
        await keep(self.store, renewed)
        if kept.domain in self._held:
            self._held[kept.domain].kept = renewed
        return None

    async def _hold(self, domain: str) -> _Held:
        now = self.clock()
        held = self._held.get(domain)
        if held is None or (held.kept is None and now - held.since >= _LOOK_AGAIN):
            kept = await kept_of(self.store, domain)
            held = self._held.setdefault(domain, _Held(kept, now))
            held.kept, held.since = held.kept or kept, now
            while len(self._held) > _MOST_HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(domain)
        return held

    @staticmethod
    def _is_new(held: _Held, published: str, now: datetime) -> bool:
        if held.kept is not None and held.kept.id == published and held.kept.holds(now):
            return False
        paused = held.pause_until is not None and now < held.pause_until
        return not (paused and held.failed_id == published)

    async def _fetch_once(self, domain: str, held: _Held, published: str) -> None:
        """Fetch, or wait for who does; who is cancelled meanwhile takes nothing from the others."""
        task = self._fetching.get(domain)
        if task is None:
            task = asyncio.create_task(self._fetch(domain, held, published))
            self._fetching[domain] = task
            task.add_done_callback(lambda _: self._fetching.pop(domain, None))
        await asyncio.shield(task)

    async def _fetch(self, domain: str, held: _Held, published: str) -> None:
        fetched = await self.fetch(domain)
        now = self.clock()
        if isinstance(fetched, Unreadable):
            await self._failed(domain, held, published, fetched)
            return
        held.kept = _kept(domain, published, fetched, now)
        try:
            await keep(self.store, held.kept)
        except StoreError as error:
            _log.warning("the MTA-STS policy of %s cannot be kept: %s", domain, error)

    async def _failed(self, domain: str, held: _Held, published: str, why: Unreadable) -> None:
        """Say so, and leave it alone for a while."""
        held.failed_id, held.pause_until = published, self.clock() + _PAUSE
        _log.warning("the MTA-STS policy of %s cannot be had: %s", domain, why.why)
        await self._record(domain, why)

    async def _record(self, domain: str, why: Unreadable) -> None:
        """Write down what the domain is told of in a TLS report; no mail waits for that."""
        text = f"{why.kind}: {why.why}"
        event = Event(self.clock(), UNFETCHED, self.node, text, address=domain)
        try:
            await self.store.record(event)
        except StoreError as error:
            _log.warning("what is wrong with the MTA-STS policy of %s: %s", domain, error)

    async def _note_use(self, held: _Held, kept: Kept, now: datetime) -> None:
        """Write down, once a day, that the policy is still of use."""
        if now - kept.used < _DAY:
            return
        held.kept = replace(kept, used=now)
        try:
            await keep(self.store, held.kept)
        except StoreError as error:
            _log.warning("the MTA-STS policy of %s cannot be kept: %s", kept.domain, error)


def _kept(domain: str, id_: str, policy: StsPolicy, now: datetime) -> Kept:
    expires = now + timedelta(seconds=policy.max_age)
    return Kept(domain, id_, policy, fetched=now, expires=expires, used=now)
