"""DANE from end to end: a signed zone, a resolver that validates, servers with each defect, and Postfix."""

import asyncio
import itertools
import os
import shutil
from datetime import timedelta

import pytest

from certificates import TODAY, issued, root, serving
from dane_cases import CASES, Case
from signed_zone import SignedZone
from whybounce.checking.lookups import Absence, Resolver
from whybounce.checking.tls import opportunistic_context
from whybounce.gateway.delivery.attempts import Attempt, Ending
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.destinations import MailExchangers, Smarthost
from whybounce.gateway.delivery.tls_policies import (
    Barred,
    NextHop,
    TlsPolicies,
    TlsPolicy,
    opportunistic,
)
from whybounce.provoking.mail_server import Behaviour
from whybounce.provoking.name_server import NameServer, Records, Trouble

_NUMBERS = itertools.count()


def dane(resolver: Resolver) -> TlsPolicies:
    """Ask DANE, and else for nothing."""
    asked, usual = Dane(resolver, opportunistic_context(), lambda: TODAY), opportunistic()

    async def policy_for(hop: NextHop) -> TlsPolicy | Barred:
        return await asked.policy_for(hop) or usual

    return policy_for


@pytest.fixture
def domain() -> str:
    """Return a domain of the test's own."""
    return f"d{next(_NUMBERS)}.example"


def cause_of(attempt: Attempt) -> str | None:
    """Return why it was not handed over."""
    return attempt.decided.obstacle.cause if attempt.decided.obstacle else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_host_is_judged_by_its_domain_s_records(world, signed_zone, domain, case: Case):
    """What is handed over, what waits, why, and by which policy; never in the clear instead."""
    domain = domain.replace("example", case.zone)
    async with world(zone=signed_zone, tls=dane) as w:
        await case.serve(w, signed_zone, domain)
        (attempt,) = await w.deliver(f"ben@{domain}", to=MailExchangers(domain))
        handed_over = [taken for server in w.servers.values() for taken in server.received]

    assert cause_of(attempt) == case.cause
    assert len(handed_over) == (case.cause is None)
    assert (attempt.ending is Ending.RELAYED) == (case.cause is None)
    assert attempt.decided.remote.policy == case.policy


async def test_postfix_judges_them_alike(world, signed_zone, domain):
    """All of them at once, by its own look-ups and OpenSSL's own DANE."""
    async with world(zone=signed_zone) as w:
        domains = {
            f"p{number}.{domain}".replace("example", case.zone): case
            for number, case in enumerate(CASES)
        }
        for name, case in domains.items():
            await case.serve(w, signed_zone, name)
        theirs = await asyncio.gather(
            *(postfix_hands_over(signed_zone, name, w.port) for name in domains)
        )

    expected = {case.name: case.cause is None or case.postfix_is_laxer for case in CASES}
    assert dict(zip(expected, theirs, strict=True)) == expected


async def postfix_hands_over(zone: SignedZone, domain: str, port: int) -> bool:
    """Return whether Postfix would; by a resolv.conf of its own, which only root can give it."""
    program = shutil.which("posttls-finger", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "posttls-finger is not here; on Debian: apt-get install postfix"
    script = (
        f"mount --bind {zone.resolv_conf} /etc/resolv.conf && "
        f"exec {program} -c -l dane -L summary -T 5 -t 5 {domain}:{port}"
    )
    process = await asyncio.create_subprocess_exec(
        "unshare", "--mount", "sh", "-c", script,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert b"mount:" not in said, said
    print(domain, said.decode())  # noqa: T201  # pytest shows it where they differ
    is_encrypted = b"TLS connection established" in said
    is_anyone_s = b"fallback to unauthenticated TLS" in said
    is_wrong = any(
        b"%s certificate verification failed" % whose in said for whose in (b"server", b"CA")
    )
    return is_encrypted and (is_anyone_s or not is_wrong)


async def test_where_one_host_fails_the_next_is_tried(world, signed_zone, domain):
    """As for every other reason, RFC 7672 §2.1; each by its own records."""
    async with world(zone=signed_zone, tls=dane) as w:
        for number in (1, 2, 3):
            host = f"mx{number}.{domain}"
            own = issued(host)
            await w.serve(host, Behaviour(certificate=serving(own)), domain=domain)
            place = f"_{w.port}._tcp.{host}"
            if number == 1:
                signed_zone.add(place, "TLSA", root().tlsa(3, 1, 1))
            elif number == 2:
                signed_zone.add(place, "CNAME", "tlsa.broken.")
            else:
                signed_zone.add(place, "TLSA", own.tlsa(3, 1, 1))
        (attempt,) = await w.deliver(f"ben@{domain}", to=MailExchangers(domain))

    causes = [asked.obstacle.cause for asked in attempt.asked if asked.obstacle]
    assert attempt.ending is Ending.RELAYED
    assert attempt.decided.remote.host == f"mx3.{domain}"
    assert causes == ["tlsa-invalid", "dnssec-invalid"]


async def test_the_host_is_asked_for_by_the_name_of_its_records(world, signed_zone, domain):
    """RFC 7671 §8.1: of an alias, the name it stands for."""
    asked_for = []
    own = issued(f"real.{domain}")
    context = serving(own)
    context.sni_callback = lambda _object, name, _context: asked_for.append(name)
    async with world(zone=signed_zone, tls=dane) as w:
        await w.serve(f"real.{domain}", Behaviour(certificate=context), domain=f"x.{domain}")
        signed_zone.add(domain, "MX", f"10 alias.{domain}.")
        signed_zone.add(f"alias.{domain}", "CNAME", f"real.{domain}.")
        signed_zone.add(f"_{w.port}._tcp.real.{domain}", "TLSA", own.tlsa(3, 0, 1))
        (attempt,) = await w.deliver(f"ben@{domain}", to=MailExchangers(domain))

    assert cause_of(attempt) is None
    assert asked_for == [f"real.{domain}"]


async def test_an_alias_that_leads_out_of_the_signed_zones_still_vouches(
    world, signed_zone, domain
):
    """RFC 7672 §2.2.2: the alias itself was validated, and its own name has the records."""
    outside = domain.replace("example", "unsigned")
    async with world(zone=signed_zone, tls=dane) as w:
        await w.serve(f"mx.{outside}", Behaviour(certificate=serving(issued("x"))), domain=outside)
        signed_zone.add(domain, "MX", f"10 alias.{domain}.")
        signed_zone.add(f"alias.{domain}", "CNAME", f"mx.{outside}.")
        signed_zone.add(f"_{w.port}._tcp.alias.{domain}", "TLSA", root().tlsa(3, 0, 1))
        (attempt,) = await w.deliver(f"ben@{domain}", to=MailExchangers(domain))

    assert cause_of(attempt) == "tlsa-invalid"


async def test_a_smarthost_with_records_is_held_to_them(world, signed_zone, domain):
    """At the port that was configured, by its own name; the recipient's server is not blamed."""
    async with world(zone=signed_zone, tls=dane) as w:
        host = f"smart.{domain}"
        await w.serve(host, Behaviour(certificate=serving(issued(host))), domain=domain)
        signed_zone.add(f"_{w.port}._tcp.{host}", "TLSA", root().tlsa(3, 1, 1))
        (attempt,) = await w.deliver(f"ben@elsewhere.{domain}", to=Smarthost(host, w.port))
        place = f"_{w.port}._tcp.{host}"

    assert cause_of(attempt) == "no-route"
    assert f"TLSA {root().tlsa(3, 1, 1)} at {place}" in attempt.decided.obstacle.evidence


async def test_evidence_names_host_certificate_record_and_where_it_stands(
    world, signed_zone, domain
):
    """So that nobody has to look it up again."""
    case = next(case for case in CASES if case.name == "of the authority, expired")
    async with world(zone=signed_zone, tls=dane) as w:
        await case.serve(w, signed_zone, domain)
        (attempt,) = await w.deliver(f"ben@{domain}", to=MailExchangers(domain))
        port = w.port

    begins, ends = (TODAY - timedelta(days=days) for days in (365, 1))
    assert attempt.decided.obstacle.evidence == (
        f'expired: certificate "mx.{domain}" for mx.{domain}, issued by "Test Root",'
        f" valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d} (TLSA {root().tlsa(2, 0, 1)} at _{port}._tcp.mx.{domain})"
    )


@pytest.mark.parametrize("terse", [False, True], ids=["EDE", "no EDE"])
@pytest.mark.parametrize(
    ("name", "absence"),
    [
        ("probe.broken", Absence.BOGUS),
        ("probe.dead", Absence.FAILED),
        ("none.example", Absence.NO_NAME),
    ],
)
async def test_bogus_is_told_from_dead(signed_zone, name, absence, terse):
    """By what the resolver says, RFC 8914; else by what it answers when it is not to check."""
    found = await signed_zone.resolver(terse=terse).records(name, "A")

    assert found.absence is absence
    assert found.secure == (absence is Absence.NO_NAME)


async def test_a_resolver_that_validates_is_known(signed_zone):
    """From one that does not, and from silence."""
    plain, silent = NameServer(Records()), NameServer(Records(troubles={"": Trouble.SERVFAIL}))
    await plain.start()
    await silent.start()
    resolvers = [Resolver("127.0.0.1", each.port) for each in (plain, silent)]
    found = [await each.validates() for each in (signed_zone.resolver(), *resolvers)]
    await plain.stop()
    await silent.stop()

    assert found == [True, False, None]
