"""What a domain promises of its servers, held against what they show: DNSSEC, DANE, MTA-STS, TLS-RPT.

Real signatures, a resolver that validates, mail and web servers on loopback.
"""

import itertools

import pytest

from certificates import issued, root, serving
from shown_hosts import Hosts, hosts, trusted
from signed_zone import SignedZone
from whybounce.checking.targets import check
from whybounce.provoking.policy_host import Page, PolicyHost, policy
from whybounce.vocabulary.finding import Finding
from zones import asking, zone

_NUMBERS = itertools.count()


@pytest.fixture
def domain() -> str:
    """Return a domain of the test's own, in the signed zone."""
    return f"k{next(_NUMBERS)}.example"


async def findings(resolver, domain: str, there: Hosts, **more: object) -> dict[str, Finding]:
    """Return what is found about the domain, by the names of the checks."""
    found = await check(resolver, domain, reach=there.reach(**more))
    return {finding.check.value: finding for finding in found}


async def named(there: Hosts, signed: SignedZone, domain: str, *chain: object) -> str:
    """Start the domain's mail server and publish it; return its name."""
    host = f"mx.{domain}"
    await there.serve(host, serving(*chain) if chain else None)
    signed.add(domain, "MX", f"10 {host}.")
    signed.add(host, "A", there.addresses[host])
    return host


DANE = {
    "its own key": (lambda own, _: (own.tlsa(3, 1, 1),), "pass"),
    "its authority": (lambda _, authority: (authority.tlsa(2, 0, 1),), "pass"),
    "somebody else's key": (lambda _own, _: (issued("x").tlsa(3, 1, 1),), "no-match"),
    "one of two": (lambda own, _: (issued("x").tlsa(3, 1, 1), own.tlsa(3, 1, 1)), "pass"),
    "none that can be used": (lambda own, _: (own.tlsa(1, 1, 1),), "unusable"),
    "none": (lambda *_: (), "none"),
}


@pytest.mark.parametrize("records, result", DANE.values(), ids=DANE)
async def test_tlsa_records_are_held_against_what_is_shown(signed_zone, domain, records, result):
    """And a certificate that nobody issued is good where they vouch for it."""
    async with hosts() as there:
        chain = issued(f"mx.{domain}", root())
        host = await named(there, signed_zone, domain, chain, root())
        if published := records(chain, root()):
            signed_zone.add(f"_{there.port}._tcp.{host}", "TLSA", *published)
        found = await findings(signed_zone.resolver(), domain, there)

    assert found["dnssec"].result == "secure"
    assert found["tlsa"].result == result
    assert (found["certificate"].result == "by-dane") == (result == "pass")


async def test_tlsa_records_without_encryption_are_a_fault(signed_zone, domain):
    """A sender that keeps DANE delivers nothing there."""
    async with hosts() as there:
        host = await named(there, signed_zone, domain)
        signed_zone.add(f"_{there.port}._tcp.{host}", "TLSA", root().tlsa(3, 1, 1))
        found = await findings(signed_zone.resolver(), domain, there)

    assert (found["tlsa"].result, found["starttls"].result) == ("not-offered", "not-offered")


@pytest.mark.parametrize("terse", [False, True], ids=["says why", "does not"])
@pytest.mark.parametrize("leads_to, result", [("broken", "bogus"), ("dead", "unknown")])
async def test_bogus_is_told_from_silence(signed_zone, domain, leads_to, result, terse):
    """Whether or not the resolver says why it has no answer."""
    async with hosts() as there:
        host = await named(there, signed_zone, domain, issued(f"mx.{domain}", root()))
        signed_zone.add(f"_{there.port}._tcp.{host}", "CNAME", f"tlsa.{leads_to}.")
        found = await findings(signed_zone.resolver(terse=terse), domain, there)

    assert found["tlsa"].result == result


async def test_signatures_are_secure_lacking_or_bogus(signed_zone, domain):
    """Three different things, and a resolver that does not validate tells none of them."""
    resolver = signed_zone.resolver()
    signed_zone.add(domain, "MX", "10 probe.example.")
    unsigned = domain.replace("example", "unsigned")
    signed_zone.add(unsigned, "MX", "10 probe.example.")
    partly = f"partly-{domain}"
    signed_zone.add(partly, "MX", "10 probe.unsigned.")

    async def result(asked: str) -> str:
        return {each.check: each.result for each in await check(resolver, asked)}["dnssec"]

    assert await result(domain) == "secure"
    assert await result(unsigned) == "insecure"
    assert await result(partly) == "partly"
    assert await result("probe.broken") == "bogus"
    assert await result("probe.dead") == "unknown"


async def test_records_that_nobody_signed_vouch_for_nothing(signed_zone, domain):
    """They are said to be ignored, and not to be right."""
    async with hosts() as there:
        host = f"mx.{domain}".replace("example", "unsigned")
        own = issued(host, root())
        await there.serve(host, serving(own, root()))
        unsigned = domain.replace("example", "unsigned")
        signed_zone.add(unsigned, "MX", f"10 {host}.")
        signed_zone.add(host, "A", there.addresses[host])
        signed_zone.add(f"_{there.port}._tcp.{host}", "TLSA", own.tlsa(3, 1, 1))
        found = await findings(signed_zone.resolver(), unsigned, there)

    assert found["tlsa"].result == "ignored"


HOST = "mx.contoso.example"
GOOD_RECORD = "v=STSv1; id=1"
STS = {
    "kept": (GOOD_RECORD, policy(HOST), "enforce"),
    "kept while it is tried out": (GOOD_RECORD, policy(HOST, mode="testing"), "testing"),
    "switched off": (GOOD_RECORD, policy(mode="none"), "off"),
    "another host": (GOOD_RECORD, policy("other.example"), "mx"),
    "another host while it is tried out": (GOOD_RECORD, policy("other.example", mode="testing"), "mx"),
    "a record without an id": ("v=STSv1;", policy(HOST), "record"),
    "a page that is no policy": (GOOD_RECORD, Page("<html>"), "policy"),
    "a page that leads elsewhere": (GOOD_RECORD, Page(status=301, location="https://127.0.0.1/"), "policy"),
    "no page": (GOOD_RECORD, None, "policy"),
    "no record": ("v=spf1 -all", policy(HOST), "none"),
}  # fmt: skip


@pytest.mark.parametrize("record, page, result", STS.values(), ids=STS)
async def test_an_mta_sts_policy_is_held_against_its_servers(tmp_path, record, page, result):
    """Fetched from the domain's own web server."""
    found = await _with_policy(tmp_path, record, page, issued(HOST, root()), root())

    assert found["mta-sts"].result == result


@pytest.mark.parametrize(
    "chain, result", [((issued(HOST),), "certificate"), ((), "not-offered")], ids=["self", "none"]
)
async def test_a_server_that_proves_nothing_breaks_the_policy(tmp_path, chain, result):
    """RFC 8461 §4.2."""
    found = await _with_policy(tmp_path, GOOD_RECORD, policy(HOST), *chain)

    assert found["mta-sts"].result == result
    assert found["mta-sts"].values["remote"] == HOST


async def test_a_policy_at_an_inner_address_is_not_fetched(tmp_path):
    """A stranger's record must not lead us into our own network."""
    found = await _with_policy(tmp_path, GOOD_RECORD, policy(HOST), allow_private=False)

    assert found["mta-sts"].result == "policy"
    assert "belongs to an inner network" in found["mta-sts"].evidence
    assert found["asked"].evidence == "0"


async def _with_policy(
    folder, record: str, page: Page | None, *chain: object, **more: object
) -> dict[str, Finding]:
    web = PolicyHost(serving(issued("mta-sts.contoso.example", root()), root()))
    if page is not None:
        web.pages["contoso.example"] = page
    await web.start()
    try:
        async with hosts() as there:
            await there.serve(HOST, serving(*chain) if chain else None)
            published = zone({
                ("contoso.example", "MX"): f"10 {HOST}.",
                (HOST, "A"): there.addresses[HOST],
                ("mta-sts.contoso.example", "A"): "127.0.0.1",
                ("_mta-sts.contoso.example", "TXT"): record,
            })  # fmt: skip
            trusting = {"authorities": trusted(folder), "policy_port": web.port, **more}
            async with asking(published) as resolver:
                found = await findings(resolver, "contoso.example", there, **trusting)
    finally:
        await web.stop()
    first = next(iter(found.values()))
    return {**found, "asked": Finding(first.check, first.answer, str(len(web.asked)))}


REPORTS = {
    "right": (("v=TLSRPTv1; rua=mailto:tls@contoso.example",), "pass"),
    "two places": (("v=TLSRPTv1;rua=mailto:a@b.example,https://b.example/x",), "pass"),
    "none": ((), "none"),
    "something else there": (("v=spf1 -all",), "none"),
    "no place": (("v=TLSRPTv1",), "mistake"),
    "a place that is none": (("v=TLSRPTv1; rua=tls@contoso.example",), "mistake"),
    "two records": (("v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:c@b.example"), "mistake"),
    "another version": (("v=TLSRPTv11; rua=mailto:a@b.example",), "mistake"),
}  # fmt: skip


@pytest.mark.parametrize("records, result", REPORTS.values(), ids=REPORTS)
async def test_the_record_that_asks_for_reports_is_read(records, result):
    """RFC 8460 §3."""
    published = zone({
        ("contoso.example", "MX"): "10 mx.contoso.example.",
        ("_smtp._tls.contoso.example", "TXT"): records,
    })  # fmt: skip
    async with asking(published) as resolver:
        found = await check(resolver, "contoso.example")

    assert {each.check: each.result for each in found}["tls-rpt"] == result
