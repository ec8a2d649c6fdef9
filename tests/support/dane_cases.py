"""Domains whose DANE is right or wrong in each way there is, to be asked by us and by others."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import TODAY, Certified, issued, root, serving
from signed_zone import SignedZone
from whybounce.provoking.mail_server import Behaviour
from world import World

_LAST_YEAR, _YESTERDAY = TODAY - timedelta(days=365), TODAY - timedelta(days=1)

Chain = Callable[[str], tuple[Certified, ...]]
"""Given the host's name, what it shows."""

Records = Callable[[tuple[Certified, ...]], tuple[str, ...]]
"""Given what the host shows, what its domain publishes."""


@dataclass(frozen=True)
class Case:
    """One domain with one host."""

    name: str
    cause: str | None  # None: the mail is handed over.
    policy: str = "dane"  # What was demanded.
    chain: Chain = lambda host: (issued(host, root()), root())
    records: Records = lambda chain: (chain[0].tlsa(3, 1, 1),)
    points_to: str | None = None  # The TLSA name is an alias of that.
    zone: str = "example"
    alias: bool = False  # The host's name is an alias.
    others: dict[str, object] = field(default_factory=dict)  # Of how the server behaves.
    postfix_is_laxer: bool = False  # Postfix does not ask what a certificate is for.

    async def serve(self, world: World, zone: SignedZone, domain: str) -> None:
        """Start the host, and publish what is to be known of it."""
        host = f"mx.{domain}"
        chain = self.chain(host)
        context: ssl.SSLContext | None = serving(*chain) if chain else None
        named = f"other.{domain}" if self.alias else host
        await world.serve(
            named, Behaviour(certificate=context, **self.others), domain=f"x.{domain}"
        )
        if self.alias:
            zone.add(host, "CNAME", f"{named}.")
        else:
            zone.add(host, "A", world.address_of(named))
        zone.add(domain, "MX", f"10 {host}.")
        place = f"_{world.port}._tcp.{host}"
        if self.points_to is not None:
            zone.add(place, "CNAME", self.points_to)
        elif records := self.records(chain):
            zone.add(place, "TLSA", *records)


def _authority(_chain: tuple[Certified, ...]) -> tuple[str, ...]:
    return (root().tlsa(2, 0, 1),)


def _nothing(_chain: tuple[Certified, ...]) -> tuple[str, ...]:
    return ()


def _of_somebody_else(_chain: tuple[Certified, ...]) -> tuple[str, ...]:
    return (issued("x").tlsa(3, 1, 1),)


def _leaf(**more: object) -> Chain:
    return lambda host: (issued(host, root(), **more), root())


def _through(host: str, **more: object) -> tuple[Certified, ...]:
    inner = issued("Inner", root(), **{"authority": True, **more})
    return (issued(host, inner), inner, root())


def _too_deep(host: str) -> tuple[Certified, ...]:
    short = issued("Short", root(), authority=True, path_length=0)
    below = issued("Below", short, authority=True)
    return (issued(host, below), below, short, root())


@cache
def _inner() -> Certified:
    return issued("Inner", root(), authority=True)


_UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x")
_OLD = {"begins": _LAST_YEAR, "ends": _YESTERDAY}
_ELSE = {"names": ["other.example.com"]}

CASES = (
    Case("the server itself is vouched for", None),
    Case("itself, expired and by another name", None, chain=_leaf(**_OLD, **_ELSE)),
    Case("itself, not valid yet", None, chain=_leaf(begins=TODAY + timedelta(days=30))),
    Case("its authority is vouched for", None, records=_authority),
    Case("its authority by its bare key, not sent", None, chain=lambda host: (issued(host, root()),),
         records=lambda _: (root().tlsa(2, 1, 0),)),
    Case("somebody else is vouched for", "tlsa-invalid", records=_of_somebody_else),
    Case("itself named as authority", "tlsa-invalid", chain=lambda host: (issued(host),),
         records=lambda chain: (chain[0].tlsa(2, 0, 1),)),
    Case("of the authority, expired", "certificate-expired", records=_authority, chain=_leaf(**_OLD)),
    Case("of the authority, not valid yet", "tlsa-invalid", records=_authority,
         chain=_leaf(begins=TODAY + timedelta(days=30))),
    Case("of the authority, another name", "certificate-host-mismatch", records=_authority,
         chain=_leaf(**_ELSE)),
    Case("of the authority, the domain's name", None, records=_authority,
         chain=lambda host: (issued(host.removeprefix("mx."), root()), root())),
    Case("its authority is not sent", "tlsa-invalid", records=_authority,
         chain=lambda host: (issued(host, root()),)),
    Case("in any order, with others in between", None, records=_authority,
         chain=lambda host: (issued(host, _inner()), issued("Other", authority=True), root(), _inner())),
    Case("by one in between that expired", "certificate-expired", records=_authority,
         chain=lambda host: _through(host, **_OLD)),
    Case("by one in between that may not go so deep", "tlsa-invalid", records=_authority,
         chain=_too_deep),
    Case("by one in between for other names", "tlsa-invalid", records=_authority,
         chain=lambda host: _through(host, only_for="example.com")),
    Case("by one in between that may not sign", "tlsa-invalid", records=_authority,
         chain=lambda host: _through(host, may_sign=False)),
    Case("by one that is no authority", "tlsa-invalid", records=_authority,
         chain=lambda host: _through(host, authority=False)),
    Case("of the authority, for clients only", "tlsa-invalid", records=_authority,
         chain=_leaf(purposes=[ExtendedKeyUsageOID.CLIENT_AUTH]), postfix_is_laxer=True),
    Case("of the authority, with a demand nobody knows", "tlsa-invalid", records=_authority,
         chain=_leaf(critical=_UNKNOWN)),
    Case("of the authority, a wildcard", None, records=_authority,
         chain=lambda host: (issued(f"*.{host.partition('.')[2]}", root()), root())),
    Case("of the authority, only a common name", None, records=_authority, chain=_leaf(names=[])),
    Case("of two digests only the stronger counts", "tlsa-invalid",
         records=lambda chain: (chain[0].tlsa(3, 1, 1), root().tlsa(3, 1, 2))),
    Case("one of two records fits", None,
         records=lambda chain: (issued("x").tlsa(3, 1, 1), chain[0].tlsa(3, 1, 1))),
    Case("no STARTTLS", "starttls-not-supported", chain=lambda _: (), records=_of_somebody_else),
    Case("STARTTLS refused", "starttls-not-supported",
         others={"replies": {"STARTTLS": "454 4.7.0 TLS not available"}}),
    Case("hangs up at STARTTLS", "starttls-not-supported", others={"hang_up_at": "STARTTLS"}),
    Case("no record is usable", None, "dane-unusable", chain=_leaf(**_ELSE),
         records=lambda chain: (chain[0].tlsa(1, 1, 1), chain[0].tlsa(3, 7, 1))),
    Case("no record is usable, and no STARTTLS", "starttls-not-supported", "dane-unusable",
         chain=lambda _: (), records=lambda _: ("1 1 1 " + "00" * 32,)),
    Case("the records are bogus", "dnssec-invalid", points_to="tlsa.broken."),
    Case("nobody can tell of the records", "dns-query-failed", points_to="tlsa.dead."),
    Case("the records are not signed", None, "opportunistic", points_to="tlsa.unsigned."),
    Case("no records", None, "opportunistic", records=_nothing),
    Case("the domain is not signed", None, "opportunistic", zone="unsigned", records=_of_somebody_else),
    Case("the host is an alias", None, alias=True),
    Case("the host is an alias, and the records fit nobody", "tlsa-invalid", alias=True,
         records=_of_somebody_else),
)  # fmt: skip
