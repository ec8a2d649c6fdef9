"""Which connector a connection or a domain belongs to."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from sqlalchemy import Connection, select

from whybounce.checking.certificates import covers
from whybounce.gateway.addresses import folded_domain, parents
from whybounce.gateway.directory.nouns import InboundConnector, OutboundConnector, Pattern
from whybounce.gateway.directory.tables import inbound_connectors, outbound_connectors


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose servers a connection comes from."""

    organisation: str | None  # Of the connector that fits; None where none does.
    connector: InboundConnector | None
    restricting: tuple[InboundConnector, ...]  # For this sender's domain, and not fitting.


def outbound(connection: Connection, domain: str, organisation: str) -> OutboundConnector | None:
    """Return the organisation's way to the domain: the nearest pattern decides."""
    patterns = _patterns(domain)
    asked = select(outbound_connectors.c.pattern, outbound_connectors.c.connector).where(
        outbound_connectors.c.organisation == organisation,
        outbound_connectors.c.pattern.in_(patterns),
    )
    found = {row.pattern: row.connector for row in connection.execute(asked)}
    return next((found[pattern] for pattern in patterns if pattern in found), None)


def attribution(
    connection: Connection,
    client: IPv4Address | IPv6Address,
    names: Collection[str],
    sender_domain: str,
) -> Attribution:
    """Return which inbound connector fits: by certificate before by network, nearest domain first.

    Args:
        connection: To the tables.
        client: Where the connection comes from.
        names: In its verified certificate.
        sender_domain: Of the return path; empty for none.

    """
    patterns = _patterns(sender_domain)
    asked = select(inbound_connectors).order_by(
        inbound_connectors.c.organisation, inbound_connectors.c.name
    )
    concerned = [
        (row.organisation, row.connector)
        for row in connection.execute(asked)
        if any(pattern in patterns for pattern in row.connector.domains)
    ]
    fitting = [each for each in concerned if _fits(each[1], client, names)]
    fitting.sort(key=lambda each: _rank(each[1], patterns))
    organisation, connector = fitting[0] if fitting else (None, None)
    restricting = tuple(
        each for _, each in concerned if each.require_match and not _fits(each, client, names)
    )
    return Attribution(organisation, connector, () if fitting else restricting)


def _patterns(domain: str) -> list[Pattern]:
    """Return the patterns that are for the domain, nearest first."""
    folded = folded_domain(domain)
    above = (Pattern(f"*.{parent}") for parent in parents(folded))
    return [Pattern(folded), *above, Pattern("*")]


def _fits(
    connector: InboundConnector, client: IPv4Address | IPv6Address, names: Collection[str]
) -> bool:
    """Whether it comes from there; with a certificate's name in the connector, that alone counts."""
    if connector.certificate is not None:
        return any(covers(folded_domain(name), connector.certificate) for name in names)
    return any(client in network.addresses for network in connector.networks)


def _rank(connector: InboundConnector, patterns: list[Pattern]) -> tuple[bool, int]:
    nearest = min(patterns.index(each) for each in connector.domains if each in patterns)
    return connector.certificate is None, nearest
