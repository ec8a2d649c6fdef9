"""The rows about how mail is encrypted: servers with each defect, records with real signatures, a web server.

Each has two forms. While it is tried the sender is told with 4; when the time is over, with 5.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from certificates import TODAY, issued, root, serving
from dane_cases import CASES
from rows import NOTHING, Condition, Gateway, Row, Said
from serving import Outside
from signed_zone import SignedZone
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.policy_host import PolicyHost, policy
from world import World

_NUMBERS = itertools.count()
_TRIED = '[retry]\nwaits = ["1s"]\nexpire = "1h"\ndelay-notice = "0s"\n'
_OVER = '[retry]\nwaits = ["1s"]\nexpire = "1s"\n'
_CASES = {case.name: case for case in CASES}


@dataclass
class Signed(Outside):
    """Domains below a signed zone, their mail servers, and the web server that has their policies."""

    zone: SignedZone
    mail: World
    policies: PolicyHost
    names: tuple[str, str]  # Of the domain without the defect, and of the one with it.

    def outbound(self, folder: Path) -> str:
        """Return what is to be configured beside the resolver: who is trusted, and the web's port."""
        pem = root().certificate.public_bytes(Encoding.PEM)
        (folder / "authority.pem").write_bytes(pem)
        return (
            f'dane = "required"\nauthorities = "authority.pem"\nmta-sts-port = {self.policies.port}'
        )


@asynccontextmanager
async def signed(zone: SignedZone) -> AsyncIterator[Signed]:
    """Run it; the DNS is there already."""
    number = next(_NUMBERS)
    names = (f"right{number}.example", f"wrong{number}.example")
    certificate = issued("Policies", root(), names=[f"mta-sts.{name}" for name in names])
    remote, policies = MailServer("mx.remote.example"), PolicyHost(serving(certificate))
    await remote.start()
    await policies.start()
    mail = World(zone=zone, port=remote.port)
    try:
        yield Signed(remote, zone, zone, mail, policies, names)
    finally:
        await mail.close()
        await policies.stop()
        await remote.stop()


Publish = Callable[[Signed, str], Awaitable[None]]
"""Makes a domain: its records, its server, its policy."""


def _dane(name: str) -> Publish:
    async def publish(world: Signed, domain: str) -> None:
        await _CASES[name].serve(world.mail, world.zone, domain)

    return publish


def _mta_sts(listed: str = "mx.{domain}", **of_certificate: object) -> Publish:
    """Return a domain whose policy lists that host, and whose host shows that certificate."""

    async def publish(world: Signed, domain: str) -> None:
        host = f"mx.{domain}"
        context = serving(issued(host, root(), **of_certificate), root())
        await world.mail.serve(host, Behaviour(certificate=context), domain=domain)
        world.zone.add(f"_mta-sts.{domain}", "TXT", '"v=STSv1; id=1;"')
        world.zone.add(f"mta-sts.{domain}", "A", "127.0.0.1")
        world.policies.pages[domain] = policy(listed.format(domain=domain))

    return publish


def _comes_back(publish: Publish) -> Condition:
    async def condition(gateway: Gateway) -> Said:
        world = gateway.world
        assert isinstance(world, Signed)
        domain = world.names[1]
        await publish(world, domain)
        assert await gateway.submit(f"somebody@{domain}") == NOTHING
        said = await gateway.notice()
        assert _taken(world, domain) == []
        return said

    return condition


def _arrives(publish: Publish) -> Condition:
    async def condition(gateway: Gateway) -> Said:
        world = gateway.world
        assert isinstance(world, Signed)
        domain = world.names[0]
        await publish(world, domain)
        said = await gateway.submit(f"somebody@{domain}")
        await gateway.delivered()
        assert _taken(world, domain) == [True]
        return said

    return condition


def _taken(world: Signed, domain: str) -> list[bool]:
    """Return whether each mail that the domain's server took was encrypted."""
    return [
        each.encrypted
        for name, server in world.mail.servers.items()
        for each in server.received
        if name.endswith(f".{domain}")
    ]


_EXPIRED = {"begins": TODAY - timedelta(days=365), "ends": TODAY - timedelta(days=1)}
_ITSELF = _dane("the server itself is vouched for")
_AUTHORITY = _dane("its authority is vouched for")

_DEFECTS: tuple[tuple[str, str, str, Publish, Publish], ...] = (
    ("4.7.321", "5.7.321", "starttls-not-supported", _dane("no STARTTLS"), _ITSELF),
    ("4.7.322", "5.7.322", "certificate-expired", _dane("of the authority, expired"), _AUTHORITY),
    ("4.7.323", "5.7.323", "tlsa-invalid", _dane("somebody else is vouched for"), _ITSELF),
    ("4.7.324", "5.7.324", "dnssec-invalid", _dane("the records are bogus"), _ITSELF),
    ("4.7.325", "5.7.325", "certificate-host-mismatch", _dane("of the authority, another name"),
     _AUTHORITY),
    ("4.4.8", "5.4.8", "mta-sts-mx-mismatch", _mta_sts("mx.elsewhere.example"), _mta_sts()),
    ("4.7.5", "5.7.5", "mta-sts-certificate", _mta_sts(**_EXPIRED), _mta_sts()),
)  # fmt: skip
"""While it is tried, when it is over, the cause, the domain with the defect, and one without."""


def _of_others(cause: str) -> tuple[str, ...]:
    return tuple(code for *codes, other, _, _ in _DEFECTS if other != cause for code in codes)


ROWS = tuple(
    Row(
        code=code,
        cause=cause,
        raise_it=_comes_back(wrong),
        control=_arrives(right),
        siblings=(*_of_others(cause), *siblings),
        config=config,
    )
    for tried, over, cause, wrong, right in _DEFECTS
    for code, siblings, config in (
        (tried, (over,), _TRIED),
        (over, (), _OVER),  # The notice at the end tells of each try, and so names both.
    )
)
