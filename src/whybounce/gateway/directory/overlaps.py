"""Lists that contradict each other: what one of them allows, another forbids.

Which of the two decides is fixed, so the other says nothing; whoever wrote it believes that it does.
A person rejected whose group or domain is accepted is no contradiction: that is what two lists are for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from whybounce.gateway.addresses import MailAddress, folded_domain
from whybounce.gateway.directory.nouns import (
    Correspondent,
    Entry,
    Group,
    OrganisationTable,
    Pattern,
)
from whybounce.gateway.shaping import shown
from whybounce.gateway.values import Network

Place = tuple[str, ...]
Fault = tuple[Place, str]
_Addresses = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class _Connector:
    organisation: str
    name: str


class Overlaps:
    """The whole directory, with the groups that each address is in."""

    def __init__(
        self, organisations: Sequence[OrganisationTable], entries: Mapping[str, Entry]
    ) -> None:
        self._organisations = organisations
        self._entries = entries
        self._groups: dict[str, set[str]] = {}
        for entry in entries.values():
            if isinstance(entry, Group):
                for member in entry.members:
                    self._groups.setdefault(self._key(member), set()).add(entry.address.key)

    def faults(self) -> Iterator[Fault]:
        """Yield where two lists meet, and which of them decides."""
        for organisation in self._organisations:
            place = (f"organisation {shown(organisation.name)}",)
            for table, entry in organisation.entries:
                yield from self._of_entry(entry, (*place, f"{table} {shown(entry.address)}"))
            yield from _of_networks(organisation, place)
            yield from _of_recipients(organisation, place)
        yield from _of_connectors(self._organisations)

    def _of_entry(self, entry: Entry, place: Place) -> Iterator[Fault]:
        allowing: Mapping[str, Iterable[Correspondent | MailAddress]] = {
            "accept-from": entry.accept_from,
            "unmoderated": entry.unmoderated,
            "moderators": entry.moderators,
        }
        for key, those in allowing.items():
            for each in those:
                names = self._names(each)
                by = next((other for other in entry.reject_from if self._key(other) in names), None)
                if by is not None:
                    as_ = "" if self._key(by) == self._key(each) else f" as {shown(by)}"
                    yield (
                        (*place, key),
                        f"{shown(each)} stands in reject-from too{as_}, and that decides",
                    )

    def _key(self, named: Correspondent | MailAddress) -> str:
        """Return what is compared: an entry's first address, whichever of its own was written."""
        key = named.key
        return self._entries[key].address.key if key in self._entries else key

    def _names(self, named: Correspondent | MailAddress) -> set[str]:
        """Return what a list may call it by: itself, its domain, the groups it is in."""
        own = self._key(named)
        names, new = {own}, [own]
        while new:  # Groups in groups; a circle ends where nothing is new.
            groups = self._groups.get(new.pop(), set()) - names
            names |= groups
            new += groups
        return names | {f"@{folded_domain(own.rpartition('@')[2])}"}


def _of_networks(organisation: OrganisationTable, place: Place) -> Iterator[Fault]:
    blocking = [
        ("blocked-networks", organisation.blocked_networks),
        *(
            (f"blocked-networks of {each.name}", each.blocked_networks)
            for each in organisation.domain
        ),
    ]
    for connector in organisation.inbound_connector:
        if connector.disabled or connector.internal:  # Our own servers are let in from anywhere.
            continue
        here = (*place, f"inbound-connector {shown(connector.name)}", "networks")
        for where, blocked in blocking:
            for network, other in _within(connector.networks, blocked):
                yield here, f"{shown(network)} stands in {where} too, as {shown(other)}"


def _of_recipients(organisation: OrganisationTable, place: Place) -> Iterator[Fault]:
    for each in organisation.blocked_recipients:
        if each.startswith("@") and organisation.has(each[1:]):
            yield (
                (*place, "blocked-recipients"),
                f"{shown(each)} is a domain of {organisation.name}, whose people write to each other",
            )


def _of_connectors(organisations: Iterable[OrganisationTable]) -> Iterator[Fault]:
    """Hold that it is plain by which connector servers come, where several are for the same domains."""
    by_certificate: defaultdict[tuple[Pattern, str], list[_Connector]] = defaultdict(list)
    by_network: defaultdict[Pattern, list[tuple[_Addresses, _Connector]]] = defaultdict(list)
    for organisation in organisations:
        for each in organisation.inbound_connector:
            known = _Connector(organisation.name, each.name)
            for pattern in () if each.disabled else each.domains:
                if each.certificate is not None:  # It goes before networks.
                    by_certificate[pattern, each.certificate].append(known)
                else:
                    by_network[pattern] += [(network.addresses, known) for network in each.networks]
    for (pattern, certificate), those in by_certificate.items():
        for other in those[1:]:
            yield _ambiguous(those[0], other, f"certificate {shown(certificate)}", pattern)
    for pattern, networks in by_network.items():
        pairs = {(one, other): str(inner) for one, other, inner in _nested(networks)}
        for (one, other), inner in pairs.items():
            yield _ambiguous(one, other, f"network {shown(inner)}", pattern)


def _nested(
    networks: Iterable[tuple[_Addresses, _Connector]],
) -> Iterator[tuple[_Connector, _Connector, _Addresses]]:
    """Yield connectors of which one knows a network that is in the other's, with that network."""
    around: list[tuple[_Addresses, _Connector]] = []
    for inner, connector in sorted(
        networks,
        key=lambda each: (each[0].version, each[0].network_address.packed, each[0].prefixlen),
    ):
        while around and not _is_in(inner, around[-1][0]):
            around.pop()
        for _, outer in around:
            if outer != connector:
                yield outer, connector, inner
        around.append((inner, connector))


def _ambiguous(one: _Connector, other: _Connector, what: str, pattern: Pattern) -> Fault:
    named = f"inbound-connector {shown(one.name)}"
    if one.organisation != other.organisation:
        named += f" of organisation {shown(one.organisation)}"
    place = (f"organisation {shown(other.organisation)}", f"inbound-connector {shown(other.name)}")
    return place, f"{what} is that of {named} too, both for {shown(pattern)}; needed is one of them"


def _within(
    networks: Iterable[Network], others: Sequence[Network]
) -> Iterator[tuple[Network, Network]]:
    """Yield each network that lies in one of the others, with that one."""
    for network in networks:
        for other in others:
            if _is_in(network.addresses, other.addresses):
                yield network, other


def _is_in(inner: _Addresses, outer: _Addresses) -> bool:
    return (
        inner.version == outer.version
        and inner.prefixlen >= outer.prefixlen
        and inner.network_address in outer
    )
