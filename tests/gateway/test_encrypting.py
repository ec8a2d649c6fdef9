"""The whole gateway where recipients' domains say how their mail is to be secured; and what senders read."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import whybounce
from certificates import Certified, issued, root, serving
from serving import ANNA, configured, mails, running_demonstration, submit
from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts import Mode, StsPolicy
from whybounce.checking.tls import opportunistic_context, verifying_context
from whybounce.gateway.believing import why_not_believed
from whybounce.gateway.config import OutboundTls
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.tls_policies import Barred, NextHop
from whybounce.gateway.directory import Directory, OutboundConnector
from whybounce.gateway.directory.nouns import ConnectorTls
from whybounce.gateway.encrypting import Encrypting, tls_policies
from whybounce.gateway.service import Running, UnfitResolverError
from whybounce.gateway.store.rows import Life
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.name_server import NameServer, Records, Trouble
from whybounce.provoking.policy_host import PolicyHost, policy

NOW = datetime.now(UTC)
AUTHORITY = issued("Test Authority", begins=NOW - timedelta(days=9), ends=NOW + timedelta(days=9),
                   authority=True)  # fmt: skip
IN_HASTE = '[retry]\nwaits = ["1s"]\nexpire = "1s"\n'


def certificate(name: str, **more: object) -> Certified:
    """Return a certificate of the authority, in date if nothing else is said."""
    dates = {"begins": NOW - timedelta(days=5), "ends": NOW + timedelta(days=5)}
    return issued(name, AUTHORITY, **{**dates, **more})


@dataclass
class Outside:
    """What ``configured`` needs of the world."""

    remote: MailServer
    dns: NameServer
    policies: PolicyHost


@asynccontextmanager
async def outside(shown: Certified, *, secure: bool) -> AsyncIterator[Outside]:
    """Run a mail server that shows the certificate, a DNS that plays a validating one, and a web server."""
    records = Records(secure={""} if secure else set())
    records.add("remote.example", "MX", "10 mx.remote.example.")
    records.add("mx.remote.example", "A", "127.0.0.1")
    records.add("mta-sts.remote.example", "A", "127.0.0.1")
    remote = MailServer("mx.remote.example", Behaviour(certificate=serving(shown, AUTHORITY)))
    world = Outside(
        remote, NameServer(records), PolicyHost(serving(certificate("mta-sts.remote.example")))
    )
    parts = (world.remote, world.dns, world.policies)
    for each in parts:
        await each.start()
    try:
        yield world
    finally:
        for each in parts:
            await each.stop()


@asynccontextmanager
async def gateway_in(folder: Path, world: Outside, *, more: str = "") -> AsyncIterator[Running]:
    """Run the gateway in that world."""
    (folder / "authority.pem").write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    keys = f'authorities = "authority.pem"\nmta-sts-port = {world.policies.port}\n{more}'
    config = configured(folder, world, outbound=keys, more=IN_HASTE)
    async with running_demonstration(config) as gateway:
        yield gateway


EXPIRED = {"begins": NOW - timedelta(days=5), "ends": NOW - timedelta(days=2)}
DANE = [
    ("5.7.322", "certificate-expired", EXPIRED, AUTHORITY, None),
    ("5.7.323", "tlsa-invalid", {}, root(), None),
    ("5.7.324", "dnssec-invalid", {}, None, Trouble.BOGUS),
    ("5.7.325", "certificate-host-mismatch", {"names": ["other.example"]}, AUTHORITY, None),
]


@pytest.mark.parametrize(
    ("status", "cause", "more", "named", "trouble"), DANE, ids=[row[0] for row in DANE]
)
async def test_what_dane_keeps_back_until_the_end_comes_back_with_the_evidence(
    in_memory, status, cause, more, named, trouble
):
    """The number of the seed row, the certificate, the record, and where it stands."""
    shown = certificate("mx.remote.example", **more)
    async with outside(shown, secure=True) as world:
        place = f"_{world.remote.port}._tcp.mx.remote.example"
        if named:
            world.dns.records.add(place, "TLSA", named.tlsa(2, 1, 1))
        if trouble:
            world.dns.records.troubles[place] = trouble
        async with gateway_in(in_memory, world) as gateway:
            notice = await sent(gateway, in_memory)

    said = told(notice, status, cause)
    assert world.remote.received == []
    if named:
        assert f"TLSA {named.tlsa(2, 1, 1)} at {place}" in said
        assert f"valid from {shown.certificate.not_valid_before_utc:%Y-%m-%d}" in said
        assert 'issued by "Test Authority"' in said


async def test_no_starttls_where_a_record_promises_it_comes_back(in_memory):
    """5.7.321."""
    async with outside(certificate("mx.remote.example"), secure=True) as world:
        world.remote.behaviour = Behaviour()
        place = f"_{world.remote.port}._tcp.mx.remote.example"
        world.dns.records.add(place, "TLSA", root().tlsa(3, 1, 1))
        async with gateway_in(in_memory, world) as gateway:
            notice = await sent(gateway, in_memory)

    assert f"the TLSA record at {place} demands it" in told(
        notice, "5.7.321", "starttls-not-supported"
    )


STS = [
    ("5.4.8", "mta-sts-mx-mismatch", "other.example", {}, "mx: other.example"),
    ("5.7.5", "mta-sts-certificate", "mx.remote.example", EXPIRED, "certificate has expired"),
]


@pytest.mark.parametrize(
    ("status", "cause", "listed", "more", "words"), STS, ids=[row[0] for row in STS]
)
async def test_what_a_policy_keeps_back_until_the_end_comes_back_with_its_line(
    in_memory, status, cause, listed, more, words
):
    """From a real web server that proved its name."""
    async with outside(certificate("mx.remote.example", **more), secure=False) as world:
        world.dns.records.add("_mta-sts.remote.example", "TXT", '"v=STSv1; id=1;"')
        world.policies.pages["remote.example"] = policy(listed)
        async with gateway_in(in_memory, world) as gateway:
            notice = await sent(gateway, in_memory)

    assert words in told(notice, status, cause)
    assert world.remote.received == []


async def test_a_broken_policy_and_a_resolver_that_does_not_validate_stop_nothing(
    in_memory, caplog
):
    """The mail goes; both are told once."""
    async with outside(certificate("mx.remote.example"), secure=False) as world:
        world.dns.records.add("_mta-sts.remote.example", "TXT", '"v=STSv1; id=1;"')
        world.policies.pages["remote.example"] = policy("no host")
        with caplog.at_level(logging.WARNING):
            async with gateway_in(in_memory, world) as gateway:
                await submit(gateway, "chris@remote.example", "dora@remote.example")
                await submit(gateway, "chris@remote.example")
                life = await ended(gateway, "chris@remote.example")

    said = [each.getMessage() for each in caplog.records]
    assert {each.policy for each in life.attempts} == {"opportunistic"}
    assert len([each for each in said if "the MTA-STS policy of remote.example" in each]) == 1
    assert len([each for each in said if "does not validate DNSSEC" in each]) == 1


HOP = NextHop("remote.example", Host("mx.remote.example", ("127.0.0.1",), secure=True), 25)
TLSA = "_25._tcp.mx.remote.example"
LISTED = StsPolicy(Mode.ENFORCE, 60, ("mx.remote.example",))
USABLE, UNUSABLE = "3 1 1 " + "00" * 32, "1 1 1 " + "00" * 32


class NoConnectors(Directory):
    """Nobody has a connector, or all have one for everything."""

    def __init__(self, tls: ConnectorTls | None) -> None:
        self._tls = tls

    async def connector_for(self, domain: str, *, organisation: str) -> OutboundConnector | None:
        """Return it."""
        assert (domain, organisation) == ("remote.example", "Contoso")
        if self._tls is None:
            return None
        return OutboundConnector(name="all", domains=("*",), tls=self._tls)


PRECEDENCE = [
    (USABLE, LISTED, None, "dane"),
    (Trouble.BOGUS, LISTED, None, "dane: dnssec-invalid"),
    (Trouble.SERVFAIL, LISTED, ConnectorTls.VERIFY, "dane: dns-query-failed"),
    (None, LISTED, None, "mta-sts"),
    (None, StsPolicy(Mode.ENFORCE, 60, ("x.example",)), None, "mta-sts: mta-sts-mx-mismatch"),
    (
        None,
        StsPolicy(Mode.TESTING, 60, LISTED.mx),
        ConnectorTls.ENCRYPT,
        "mta-sts-testing, encrypt",
    ),
    (UNUSABLE, None, None, "dane-unusable"),
    (UNUSABLE, None, ConnectorTls.VERIFY, "verify"),
    (UNUSABLE, LISTED, None, "mta-sts"),
    (UNUSABLE, StsPolicy(Mode.TESTING, 60, LISTED.mx), None, "mta-sts-testing, dane-unusable"),
    (None, None, ConnectorTls.ENCRYPT, "encrypt"),
    (None, None, None, "opportunistic"),
]


@pytest.mark.parametrize(("record", "policy", "connector", "expected"), PRECEDENCE)
async def test_records_come_before_policies_and_these_before_what_we_ask(
    record, policy, connector, expected
):
    """RFC 8461 §2: where DANE fails, nothing else makes up for it."""
    dns = NameServer(Records(secure={""}))
    if isinstance(record, Trouble):
        dns.records.troubles[TLSA] = record
    elif record:
        dns.records.add(TLSA, "TLSA", record)
    await dns.start()

    async def policy_of(domain: str) -> StsPolicy | None:
        assert domain == "remote.example"
        return policy

    resolver = Resolver("127.0.0.1", dns.port, seconds=30)
    asked = Encrypting(
        NoConnectors(connector),
        ("Contoso",),
        tls_policies(),
        OutboundTls.OPPORTUNISTIC,
        dane=Dane(resolver, opportunistic_context(), lambda: NOW),
        mta_sts=MtaSts(policy_of, verifying_context()),
    )
    found = await asked(HOP)
    await dns.stop()

    if isinstance(found, Barred):
        said = f"{found.policy}: {found.obstacle.cause}"
    else:
        said = ", ".join(each.name for each in (found, found.otherwise) if each)
    assert said == expected


async def test_a_resolver_far_away_is_not_believed():
    """Unless somebody named it."""
    why = await why_not_believed(Resolver("192.0.2.53"), is_ours=False)

    assert why is not None
    assert why.startswith("the resolver 192.0.2.53 port 53 is on another machine")


async def test_where_dane_is_required_nothing_starts_without_a_validating_resolver(in_memory):
    """And it is said which."""
    async with outside(certificate("mx.remote.example"), secure=False) as world:
        with pytest.raises(UnfitResolverError, match="does not validate DNSSEC"):
            async with gateway_in(in_memory, world, more='dane = "required"'):
                pass
        world.dns.records.secure.add("")
        async with gateway_in(in_memory, world, more='dane = "required"'):
            pass


async def sent(gateway: Running, folder: Path) -> bytes:
    """Send to Chris and return what comes back."""
    await submit(gateway, "chris@remote.example")
    (notice,) = await mails(folder, ANNA)
    return notice


def told(notice: bytes, status: str, cause: str) -> str:
    """Return the reply in an NDR that tells of the status and the cause."""
    diagnosis = whybounce.diagnose(notice)
    (outcome,), (explanation,) = diagnosis.report.outcomes, diagnosis.explanations
    assert (str(outcome.status), explanation.cause) == (status, cause)
    return str(outcome.reply)


async def ended(gateway: Running, address: str) -> Life:
    """Return the life of the first message to the address once it has ended."""
    span = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=1), "most": 9}
    async with asyncio.timeout(60):
        while True:
            trace = await gateway.store.trace(address, **span)
            if trace.lives and trace.lives[-1].entry.message.finished:
                return trace.lives[-1]
            await asyncio.sleep(0.02)
