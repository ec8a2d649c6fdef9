"""What several parts of a running gateway have in common, made from its configuration."""

import ipaddress
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import dns.exception
import dns.resolver

from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts_host import PolicyHosts
from whybounce.checking.tls import verifying_context
from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.config import Config, Outbound
from whybounce.gateway.directory import Directory, DirectoryTable, Passwords
from whybounce.gateway.mta_sts import Policies
from whybounce.gateway.occupancy import Occupancy
from whybounce.gateway.remembering import Remembering
from whybounce.gateway.reply_causes import cause_of
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.store import Store
from whybounce.gateway.webhooks.calling import Webhook, Webhooks
from whybounce.gateway.webhooks.posting import Poster
from whybounce.gateway.webhooks.signing import key_of

_NO_NAME_SERVER = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What several parts need."""

    config: Config
    store: Store
    directory: Directory
    remembering: Remembering
    occupancy: Occupancy  # Of the mailboxes here.
    host: str  # The name it goes by.
    node: str
    organisations: tuple[str, ...]
    resolver: Resolver
    resolver_is_ours: bool  # On this machine, or named by an administrator.
    sts_policies: Policies
    webhooks: Webhooks


def parts_of(
    config: Config, store: Store, passwords: Passwords, table: DirectoryTable | None = None
) -> Parts:
    """Return them for a gateway that begins, or for a queue without one."""
    resolver, is_ours = resolver_of(config.outbound)
    node = config.server.node or socket.gethostname()
    remembering = Remembering(store)
    return Parts(
        config=config,
        store=store,
        directory=Directory(store, passwords, remembering.recall(clock)),
        remembering=remembering,
        occupancy=Occupancy(Path(config.server.mailboxes)),
        host=folded_domain(config.server.name or socket.getfqdn()),
        node=node,
        organisations=_names(table),
        resolver=resolver,
        resolver_is_ours=is_ours,
        sts_policies=_sts_policies(config.outbound, store, resolver, node),
        webhooks=_webhooks(config, store, resolver, node),
    )


def changed_parts(parts: Parts, config: Config, table: DirectoryTable) -> Parts:
    """Return them as the new configuration wants them; what it does not change is kept."""
    before, after = parts.config.outbound, config.outbound
    parts = replace(parts, config=config, organisations=_names(table))
    if before == after:
        return parts
    resolver, is_ours = parts.resolver, parts.resolver_is_ours
    if (before.resolver, before.resolver_wait) != (after.resolver, after.resolver_wait):
        resolver, is_ours = resolver_of(after)
    policies = _sts_policies(after, parts.store, resolver, parts.node)
    return replace(parts, resolver=resolver, resolver_is_ours=is_ours, sts_policies=policies)


def resolver_of(outbound: Outbound, *, seconds: float | None = None) -> tuple[Resolver, bool]:
    """Return what asks the name server, and whether the way to it is ours.

    It is the one that is named, else the machine's first. ``seconds`` is how long an answer is
    waited for, if not as long as the configuration says.
    """
    seconds = outbound.resolver_wait.total_seconds() if seconds is None else seconds
    at = outbound.resolver
    if at is not None:
        return Resolver(at.host, at.port, seconds=seconds), True
    try:
        servers = dns.resolver.Resolver().nameservers
    except dns.exception.DNSException:
        servers = []
    address = str(servers[0]) if servers else _NO_NAME_SERVER
    is_here = ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return Resolver(address, seconds=seconds), is_here


def return_paths_of(config: Config) -> ReturnPaths | None:
    """Return what rewrites the return paths of forwarded mail, where that is wanted."""
    domain, secret = config.forwarding.domain, config.forwarding.secret
    return ReturnPaths(domain, secret) if domain and secret else None


def clock() -> datetime:
    """Return the time: the one clock of a running gateway."""
    return datetime.now(UTC)


def _names(table: DirectoryTable | None) -> tuple[str, ...]:
    return () if table is None else tuple(each.name for each in table.organisation)


def _sts_policies(outbound: Outbound, store: Store, resolver: Resolver, node: str) -> Policies:
    context = verifying_context(outbound.authorities)
    hosts = PolicyHosts(resolver, context, outbound.mta_sts_port)
    return Policies(store, resolver, hosts.fetch, clock, node)


def webhooks_of(config: Config) -> tuple[Webhook, ...]:
    """Return whom to tell."""
    return tuple(
        Webhook(
            name=each.name,
            url=str(each.url),
            key=key_of(each.secret or ""),
            kinds=each.events,
            private=each.private,
        )
        for each in config.webhook
    )


def poster_of(outbound: Outbound, resolver: Resolver) -> Poster:
    """Return what carries what they are told. Raises OSError: the authorities cannot be read."""
    return Poster(resolver, verifying_context(outbound.authorities))


def _webhooks(config: Config, store: Store, resolver: Resolver, node: str) -> Webhooks:
    """Return what tells them; from now on the store writes down what of."""
    return Webhooks(
        store,
        webhooks_of(config),
        poster_of(config.outbound, resolver),
        node=node,
        cause_of=cause_of,
        clock=clock,
    )
