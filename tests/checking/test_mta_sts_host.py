"""Policies fetched from a real web server on loopback, which is as web servers are."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trustme

from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts import Failure, StsPolicy, Unreadable
from whybounce.checking.mta_sts_host import PolicyHosts
from whybounce.provoking.name_server import NameServer, Records
from whybounce.provoking.policy_host import Page, PolicyHost, policy

GOOD = policy("mx.example.org")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make an authority that nobody trusts unless told to."""
    return trustme.CA()


@asynccontextmanager
async def hosting(
    authority: trustme.CA,
    name: str = "mta-sts.example.org",
    *,
    seconds: float = 30,
    **certificate: object,
) -> AsyncIterator[tuple[PolicyHost, PolicyHosts]]:
    """Run a policy host, and yield it with what fetches from it."""
    showing = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name, **certificate).configure_cert(showing)
    trusting = ssl.create_default_context()
    trusting.hostname_checks_common_name = False
    authority.configure_trust(trusting)
    host, dns = PolicyHost(showing, {"example.org": GOOD}), NameServer(Records())
    await host.start()
    await dns.start()
    dns.records.add("mta-sts.example.org", "A", "127.0.0.1")
    resolver = Resolver("127.0.0.1", dns.port, seconds=30)
    try:
        yield host, PolicyHosts(resolver, trusting, port=host.port, seconds=seconds)
    finally:
        await host.stop()
        await dns.stop()


async def test_a_policy_is_fetched_from_its_domain_s_host(authority):
    """By its name, whatever its address."""
    async with hosting(authority) as (host, hosts):
        found = await hosts.fetch("example.org")

    assert isinstance(found, StsPolicy)
    assert found.mx == ("mx.example.org",)
    assert host.asked == ["mta-sts.example.org"]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (replace(GOOD, status=404), "status 404"),
        (replace(GOOD, status=301, location="https://mta-sts.example.org/"), "status 301"),
        (replace(GOOD, status=206), "status 206"),
        (replace(GOOD, content_type="text/html"), "text/html, not text/plain"),
        (replace(GOOD, text="<html>"), "line 1"),
        (replace(GOOD, text=GOOD.text + "x" * 70_000), "more than 65536 octets"),
        (replace(GOOD, stall=True), "ReadTimeout"),
        (replace(GOOD, drip=0.2), "within 1 seconds"),
        (Page("ÿ" * 10), "line 1"),
    ],
    ids=["missing", "moved", "in part", "HTML", "no policy", "large", "silent", "slow", "letters"],
)
async def test_what_cannot_be_had_is_said_and_costs_little(authority, page, why):
    """RFC 8461 §3.3: no redirects, and bounds on size and time."""
    ends = not page.stall and not page.drip  # By itself; the machine may be busy.
    async with hosting(authority, seconds=30 if ends else 1) as (host, hosts):
        host.pages["example.org"] = page
        async with asyncio.timeout(60):
            found = await hosts.fetch("example.org")

    assert isinstance(found, Unreadable)
    assert why in found.why


async def test_a_host_that_does_not_prove_its_name_is_not_believed(authority):
    """Another name, a common name only, or an authority that nobody knows."""
    found = []
    for name, more, of in (
        ("other.example.org", {}, authority),
        ("other.example.org", {"common_name": "mta-sts.example.org"}, authority),
        ("mta-sts.example.org", {}, trustme.CA()),
    ):
        async with hosting(of, name, **more) as (host, hosts):
            context = ssl.create_default_context()
            context.hostname_checks_common_name = False
            authority.configure_trust(context)
            found.append(await replace(hosts, context=context).fetch("example.org"))
            assert host.asked == []

    assert all(isinstance(each, Unreadable) for each in found)
    assert {each.kind for each in found} == {Failure.WEBPKI}
    assert [("mismatch" in each.why, "issuer" in each.why) for each in found] == [
        (True, False), (True, False), (False, True),
    ]  # fmt: skip


async def test_a_host_without_address_and_one_that_is_down_are_told(authority):
    """Nobody is to guess."""
    async with hosting(authority) as (host, hosts):
        nowhere = await hosts.fetch("elsewhere.example")
        await host.stop()
        down = await hosts.fetch("example.org")

    assert nowhere == Unreadable("mta-sts.elsewhere.example has no address", Failure.FETCH)
    assert isinstance(down, Unreadable)
    assert down.kind is Failure.FETCH
