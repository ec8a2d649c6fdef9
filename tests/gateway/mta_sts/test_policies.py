"""Policies found, kept as long as they say, and renewed in time; on the real store and a DNS on loopback."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts import Mode, StsPolicy, Unreadable
from whybounce.gateway.mta_sts import Policies, Refreshed, refresh
from whybounce.gateway.mta_sts.keeping import kept_of
from whybounce.gateway.store import Store, StoreError, open_store
from whybounce.gateway.tls_sessions import policy_failures
from whybounce.provoking.name_server import NameServer, Records, Trouble

ENFORCED = StsPolicy(Mode.ENFORCE, 86_400, ("mx.example.org",))
OTHER = StsPolicy(Mode.ENFORCE, 86_400, ("mx2.example.org",))
DOWN = Unreadable("mta-sts.example.org is down")
_PLACES = itertools.count()


@dataclass
class Web:
    """What web servers give, and how often they were asked."""

    pages: dict[str, StsPolicy | Unreadable] = field(default_factory=dict)
    faults: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, domain: str) -> StsPolicy | Unreadable:
        """Give it."""
        self.asked.append(domain)
        await self.is_up.wait()
        if domain in self.faults:
            raise self.faults[domain]
        return self.pages.get(domain, DOWN)


@dataclass
class Scene:
    """One gateway's view of the world."""

    store: Store
    web: Web
    dns: NameServer
    now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)
    patience: float = 30  # Seconds for an answer of the DNS; the machine may be busy.

    def policies(self) -> Policies:
        """Return a node's policies: it has nothing in memory yet."""
        resolver = Resolver("127.0.0.1", self.dns.port, seconds=self.patience)
        return Policies(self.store, resolver, self.web.fetch, lambda: self.now)

    def publish(self, id_: str | None, page: StsPolicy | Unreadable = ENFORCED) -> None:
        """Change what example.org says."""
        key = ("_mta-sts.example.org", "TXT")
        self.dns.records.data.pop(key, None)
        if id_ is not None:
            self.dns.records.add(*key, f'"v=STSv1; id={id_};"')
        self.web.pages["example.org"] = page


Scenes = Callable[[], AbstractAsyncContextManager[Scene]]


@pytest.fixture
def scene(in_memory: Path) -> Scenes:
    """Make a scene."""

    @asynccontextmanager
    async def making() -> AsyncIterator[Scene]:
        dns = NameServer(Records())
        await dns.start()
        url = f"sqlite:///{in_memory}/queue.db"
        async with open_store(url, random_bits=secrets.randbits) as store:
            scene = Scene(store, Web(), dns)
            scene.web.is_up.set()
            yield scene
        await dns.stop()

    return making


async def test_a_policy_is_fetched_once_and_then_kept(scene):
    """By every node, and by one that begins anew, as long as it says and the DNS names no other."""
    async with scene() as s:
        s.publish("1")
        policies = s.policies()
        found = [await policies.policy_of("example.org") for _ in range(3)]
        elsewhere = await s.policies().policy_of("example.org")

    assert found == [ENFORCED] * 3
    assert elsewhere == ENFORCED
    assert s.web.asked == ["example.org"]


async def test_many_who_wait_for_a_policy_fetch_it_once(scene):
    """And who gives up takes nothing from the others."""
    async with scene() as s:
        s.publish("1")
        s.web.is_up.clear()
        policies = s.policies()
        waiting = [asyncio.create_task(policies.policy_of("example.org")) for _ in range(20)]
        while not s.web.asked:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.sleep(0)
        s.web.is_up.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)

    assert found[1:] == [ENFORCED] * 19
    assert isinstance(found[0], asyncio.CancelledError)
    assert s.web.asked == ["example.org"]


async def test_a_new_id_fetches_the_new_policy(scene):
    """RFC 8461 §3.1."""
    async with scene() as s:
        s.publish("1")
        await s.policies().policy_of("example.org")
        s.publish("2", OTHER)
        found = await s.policies().policy_of("example.org")

    assert found == OTHER


@pytest.mark.parametrize("trouble", [None, Trouble.SERVFAIL, Trouble.SILENT])
async def test_what_is_kept_holds_whatever_becomes_of_the_dns(scene, trouble):
    """RFC 8461 §5.1: who can take the record away cannot turn the policy off; until it runs out."""
    async with scene() as s:
        s.publish("1")
        await s.policies().policy_of("example.org")
        s.publish(None)
        if trouble:
            s.dns.records.troubles["example.org"] = trouble
            s.patience = 0.4
        policies = s.policies()
        kept = await policies.policy_of("example.org")
        s.now += timedelta(days=1, seconds=1)
        later = await policies.policy_of("example.org")

    assert (kept, later) == (ENFORCED, None)


async def test_what_is_kept_holds_where_the_new_one_cannot_be_had(scene):
    """And the new one is asked for every five minutes, not with every mail."""
    async with scene() as s:
        s.publish("1")
        policies = s.policies()
        await policies.policy_of("example.org")
        s.publish("2", DOWN)
        policies = s.policies()
        kept = [await policies.policy_of("example.org") for _ in range(3)]
        s.now += timedelta(minutes=5)
        await policies.policy_of("example.org")

    assert kept == [ENFORCED] * 3
    assert len(s.web.asked) == 3


async def test_where_a_policy_was_never_had_there_is_none(scene):
    """RFC 8461 §3.3: the mail goes as if there were none."""
    async with scene() as s:
        s.publish("1", DOWN)
        found = await s.policies().policy_of("example.org")
        nobody = await s.policies().policy_of("example.com")

    assert (found, nobody) == (None, None)
    assert s.web.asked == ["example.org"]


async def test_a_domain_beyond_ascii_is_asked_for_as_the_dns_has_it(scene):
    """And kept once."""
    async with scene() as s:
        s.dns.records.add("_mta-sts.xn--mnchen-3ya.example", "TXT", '"v=STSv1; id=1;"')
        s.web.pages["xn--mnchen-3ya.example"] = ENFORCED
        found = await s.policies().policy_of("münchen.example")

    assert found == ENFORCED


async def test_policies_are_renewed_before_they_run_out(scene):
    """Each day, or at half of their time; those that cannot be had stay, and it is told."""
    async with scene() as s:
        s.publish("1")
        policies = s.policies()
        await policies.policy_of("example.org")
        s.now += timedelta(hours=11)
        early = await refresh(policies, now=s.now)
        s.now += timedelta(hours=2)
        s.publish("2", OTHER)
        renewed = await refresh(policies, now=s.now)
        kept = await policies.policy_of("example.org")
        asked = len(s.web.asked)
        s.now += timedelta(hours=13)
        s.publish("2", DOWN)
        failed = await refresh(policies, now=s.now)
        s.now += timedelta(hours=12)
        dropped = await refresh(policies, now=s.now)
        left = await kept_of(s.store, "example.org")

    assert early == Refreshed(0, (), 0)
    assert renewed == Refreshed(1, (), 0)
    assert (kept, asked) == (OTHER, 2)
    assert failed == Refreshed(0, ("example.org",), 0)
    assert dropped == Refreshed(0, (), 1)
    assert left is None


@pytest.mark.parametrize(
    "trouble", [StoreError("the queue is full"), ZeroDivisionError("ours")], ids=repr
)
async def test_one_that_makes_trouble_stops_no_other_from_being_renewed(scene, caplog, trouble):
    """Nor are those that ran out left lying; what went wrong is told, with the domain's name."""
    async with scene() as s:
        s.publish("1")
        for name in ("example.com", "example.net"):
            s.dns.records.add(f"_mta-sts.{name}", "TXT", '"v=STSv1; id=1;"')
            s.web.pages[name] = ENFORCED
        brief = replace(ENFORCED, max_age=3_600)
        s.dns.records.add("_mta-sts.brief.example", "TXT", '"v=STSv1; id=1;"')
        s.web.pages["brief.example"] = brief
        policies = s.policies()
        for name in ("example.org", "example.com", "example.net", "brief.example"):
            assert await policies.policy_of(name) is not None
        s.now += timedelta(hours=13)
        s.web.faults["example.com"] = trouble
        with caplog.at_level("WARNING"):
            came = await refresh(policies, now=s.now)

    assert came == Refreshed(2, ("example.com",), 1)
    assert ["the MTA-STS policy of example.com" in each.message for each in caplog.records] == [
        True
    ]


async def test_a_policy_that_nobody_needs_is_not_renewed(scene):
    """A month after the last mail it is let run out."""
    async with scene() as s:
        s.publish("1", StsPolicy(Mode.ENFORCE, 31_557_600, ("mx.example.org",)))
        policies = s.policies()
        await policies.policy_of("example.org")
        s.now += timedelta(days=29)
        needed = await refresh(policies, now=s.now)
        s.now += timedelta(days=2)
        forgotten = await refresh(policies, now=s.now)
        await policies.policy_of("example.org")
        again = await refresh(policies, now=s.now + timedelta(days=1))

    assert (needed.renewed, forgotten.renewed, again.renewed) == (1, 0, 1)


async def test_what_cannot_be_had_is_written_down_for_the_domains_report(scene):
    """Once for each try, by RFC 8460's word; and mail goes on without a policy."""
    async with scene() as s:
        s.publish("1", Unreadable("it has no mx line"))
        policies = s.policies()
        found = [await policies.policy_of("example.org") for _ in range(3)]
        s.dns.records.data.clear()
        s.dns.records.add("_mta-sts.example.com", "TXT", '"v=STSv1; id=not an id"')
        s.dns.records.add("_mta-sts.example.net", "TXT", '"an older thing"')
        found += [await policies.policy_of(name) for name in ("example.com", "example.net")]
        told = await s.store.ask(lambda c: list(policy_failures(c, s.now.date())))

    assert found == [None] * 5
    assert [(each.domain, each.result) for each in told] == [
        ("example.org", "sts-policy-invalid"),
        ("example.com", "sts-policy-invalid"),
    ]
