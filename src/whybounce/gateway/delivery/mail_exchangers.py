"""Which hosts take a domain's mail, in the order to be tried. RFC 5321 §5.1, RFC 7505."""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from whybounce.checking.lookups import Absence, Records, Resolver

_MOST_HOSTS = 16  # Of a domain; more would keep a sender busy without end.
_MOST_ADDRESSES = 8  # Of a host.

_Item = TypeVar("_Item")
Shuffle = Callable[[Sequence[_Item]], Sequence[_Item]]


@dataclass(frozen=True, slots=True)
class Host:
    """One host that takes the mail, with its addresses in the order to be tried."""

    name: str
    addresses: tuple[str, ...]
    secure: bool  # MX and address records were validated: DANE may be asked for, RFC 7672 §2.2.
    canonical: str | None = None  # The name that has the addresses, where this one is an alias.
    secure_alias: bool = False  # The alias was validated, though the addresses were not.


@dataclass(frozen=True, slots=True)
class Route:
    """The hosts in the order of their preference."""

    hosts: tuple[Host, ...]
    implicit: bool = False  # No MX record: the domain's own address, RFC 5321 §5.1.
    canonical: str | None = None  # The name that has the MX records, where the domain is an alias.


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Why the mail cannot be sent anywhere: a cause of the catalogue, and what was found."""

    cause: str
    permanent: bool
    evidence: str


async def route_to(
    domain: str,
    resolver: Resolver,
    *,
    own_names: frozenset[str] = frozenset(),
    shuffle: Shuffle[tuple[int, str]],
) -> Route | NoRoute:
    """Return where mail for the domain goes.

    Args:
        domain: As the address has it; an address literal (RFC 5321 §4.1.3) is its own route.
        resolver: Who is asked.
        own_names: Names of this system in lower case: who stands at or above ours in preference
            is never tried, or the mail would come back (RFC 5321 §5.1).
        shuffle: Puts hosts of equal preference in an order of chance (RFC 5321 §5.1).

    """
    if domain.startswith("["):
        return _literal(domain)
    found = await resolver.records(domain, "MX")
    if found.absence is Absence.NO_DATA:
        return await _implicit(domain, resolver)
    if found.absence is not None:
        return _absent(domain, found)
    exchangers = _exchangers(found)
    if exchangers == [(0, "")] or all(not name for _, name in exchangers):
        return NoRoute("null-mx", permanent=True, evidence=f"{domain} has the null MX record")
    ours = [preference for preference, name in exchangers if name in own_names]
    if ours:
        exchangers = [(number, name) for number, name in exchangers if number < min(ours)]
        if not exchangers:
            evidence = f"the best mail exchanger of {domain} is this system itself"
            return NoRoute("routing-loop", permanent=True, evidence=evidence)
    ordered = sorted(shuffle(exchangers), key=lambda exchanger: exchanger[0])[:_MOST_HOSTS]
    return await _with_addresses(domain, ordered, found, resolver)


async def route_to_host(host: str, resolver: Resolver) -> Route | NoRoute:
    """Return the way to a host of our choice, by its name or address: no MX record is asked for."""
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return await _implicit(host, resolver)
    return Route((Host(host, (address,), secure=False),))


async def _with_addresses(
    domain: str, exchangers: Sequence[tuple[int, str]], found: Records, resolver: Resolver
) -> Route | NoRoute:
    hosts: list[Host] = []
    failed: Records | None = None
    for _, name in exchangers:
        host, trouble = await _host(name, resolver, by_secure=found.secure)
        failed = failed or trouble
        if host is not None:
            hosts.append(host)
    if hosts:
        return Route(tuple(hosts), canonical=found.canonical)
    if failed is not None:
        return _absent(domain, failed)
    names = ", ".join(name for _, name in exchangers if name)
    evidence = f"none of the mail exchangers of {domain} has an address: {names}"
    return NoRoute("no-route", permanent=True, evidence=evidence)


async def _implicit(domain: str, resolver: Resolver) -> Route | NoRoute:
    """Return the domain's own address, which stands in where it has no MX record at all."""
    host, failed = await _host(domain, resolver)
    if host is not None:
        return Route((host,), implicit=True)
    if failed is not None:
        return _absent(domain, failed)
    evidence = f"{domain} has neither MX records nor an address"
    return NoRoute("no-route", permanent=True, evidence=evidence)


async def _host(
    name: str, resolver: Resolver, *, by_secure: bool = True
) -> tuple[Host | None, Records | None]:
    """Return the host with its IPv6 and IPv4 addresses, if it has any, and what could not be told.

    ``by_secure``: what named the host was validated.
    """
    asked = [await resolver.records(name, rdtype) for rdtype in ("AAAA", "A")]
    addresses = tuple(value for records in asked for value in records.values)[:_MOST_ADDRESSES]
    undecided = {Absence.FAILED, Absence.BOGUS}
    failed = next((records for records in asked if records.absence in undecided), None)
    if not addresses:
        return None, failed
    secure = by_secure and all(records.secure for records in asked if records.values)
    canonical = next((records.canonical for records in asked if records.canonical), None)
    secure_alias = False
    if by_secure and not secure and canonical:  # RFC 7672 §2.2.2: the name may still vouch.
        secure_alias = (await resolver.records(name, "CNAME")).secure
    return Host(name, addresses, secure, canonical, secure_alias), failed


def _exchangers(found: Records) -> list[tuple[int, str]]:
    pairs = (value.split(" ", 1) for value in found.values)
    return [(int(number), name.rstrip(".").lower()) for number, name in pairs]


def _absent(domain: str, records: Records) -> NoRoute:
    if records.absence is Absence.NO_NAME:
        return NoRoute("domain-does-not-exist", permanent=True, evidence=records.detail)
    cause = "dnssec-invalid" if records.absence is Absence.BOGUS else "dns-query-failed"
    evidence = f"{records.detail} (asked for the route to {domain})"
    return NoRoute(cause, permanent=False, evidence=evidence)


def _literal(domain: str) -> Route | NoRoute:
    written = domain.strip("[]").removeprefix("IPv6:").removeprefix("ipv6:")
    try:
        address = str(ipaddress.ip_address(written))
    except ValueError:
        evidence = f"{domain[:255]} is no address"
        return NoRoute("bad-address-syntax", permanent=True, evidence=evidence)
    return Route((Host(domain, (address,), secure=False),))
