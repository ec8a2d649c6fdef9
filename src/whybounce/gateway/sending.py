"""Outbound, built from the configuration, and changed to another one while it runs."""

import asyncio
import logging
import random
import secrets
from pathlib import Path

from whybounce.checking.tls import opportunistic_context, verifying_context
from whybounce.gateway import config as configured
from whybounce.gateway.believing import why_not_believed
from whybounce.gateway.config import Config, DaneUse
from whybounce.gateway.delivery.carrying import Carrier
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.destinations import Smarthost
from whybounce.gateway.delivery.dispatching import Report
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.opening import Login, Opener
from whybounce.gateway.delivery.parcels import Sign
from whybounce.gateway.delivery.signing import Signer, read_key
from whybounce.gateway.encrypting import Encrypting, tls_policies
from whybounce.gateway.expanding import Expanding
from whybounce.gateway.outbound import Outbound, OutboundSettings, Ways
from whybounce.gateway.parts import Parts, clock, return_paths_of
from whybounce.gateway.resolving import Resolving
from whybounce.gateway.smtp.client import ClientSettings

_log = logging.getLogger(__name__)


class UnfitResolverError(Exception):
    """DANE is required, and the resolver cannot be believed."""

    def __init__(self, why: str) -> None:
        super().__init__(f'[outbound] dane = "required", but {why}')


class Sending:
    """Outbound, and what it sends by."""

    def __init__(self, outbound: Outbound, connections: Connections) -> None:
        self.outbound = outbound
        self._connections = connections
        self._leaving: set[asyncio.Task[None]] = set()

    def change(self, parts: Parts, ways: Ways, connections: Connections) -> None:
        """Send by these from now on; what is under way ends by what it began with."""
        leaving = asyncio.create_task(self._connections.close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        self._connections = connections
        self.outbound.change(ways, outbound_settings(parts))

    async def close(self) -> None:
        """Leave all connections that wait for a next message."""
        await asyncio.gather(self._connections.close(), *self._leaving)


async def sending_of(parts: Parts, report: Report) -> Sending:
    """Return the part that sends, which does not run yet.

    Raises:
        UnfitResolverError: DANE is required, and the resolver does not validate.

    """
    ways, connections = await ways_of(parts)
    outbound = Outbound(
        parts.store,
        ways,
        report=report,
        settings=outbound_settings(parts),
        clock=clock,
        chance=random.random,
    )
    return Sending(outbound, connections)


async def ways_of(parts: Parts) -> tuple[Ways, Connections]:
    """Return by what mail is opened, led and carried.

    Raises:
        UnfitResolverError: DANE is required, and the resolver does not validate.
        OSError: A key or a file of authorities cannot be read.

    """
    config = parts.config
    connections = _connections(parts)
    ways = Ways(
        carry=_carrier(parts, connections, await _dane(parts)).carry,
        resolve=Resolving(
            directory=parts.directory,
            mailboxes=Path(config.server.mailboxes),
            lmtp=config.server.lmtp,
            smarthost=_smarthost(config.outbound),
            host=parts.host,
        ),
        expand=Expanding(
            store=parts.store,
            directory=parts.directory,
            return_paths=return_paths_of(config),
            node=parts.node,
            most=config.limits.group_members,
            clock=clock,
        ),
    )
    return ways, connections


def outbound_settings(parts: Parts) -> OutboundSettings:
    """Return how much goes out at once, and how patiently."""
    config = parts.config
    return OutboundSettings(
        node=parts.node,
        schedule=config.schedule,
        most=config.outbound.connections,
        most_each=config.outbound.connections_per_destination,
        most_each_mailbox=config.limits.deliveries_per_mailbox,
        mailbox_wait=config.limits.mailbox_wait.total_seconds(),
        drain=config.server.drain.total_seconds(),
    )


async def warn_of(parts: Parts) -> None:
    """Say where DANE was wished for and is not had; no mail waits to hear so."""
    if parts.config.outbound.dane is DaneUse.AUTO:
        why = await why_not_believed(parts.resolver, is_ours=parts.resolver_is_ours)
        if why is not None:
            _log.warning("DANE is off: %s", why)


async def _dane(parts: Parts) -> Dane | None:
    """Return DANE, which has no effect by a resolver that does not validate; None where it is off."""
    use, resolver = parts.config.outbound.dane, parts.resolver
    if use is DaneUse.REQUIRED:
        why = await why_not_believed(resolver, is_ours=parts.resolver_is_ours)
        if why is not None:
            raise UnfitResolverError(why)
    if use is DaneUse.OFF or not parts.resolver_is_ours:
        return None
    return Dane(resolver, opportunistic_context(), clock)


def _connections(parts: Parts) -> Connections:
    outbound = parts.config.outbound
    opener = Opener(
        smtp=ClientSettings(name=parts.host),
        lmtp=ClientSettings(name=parts.host, lmtp=True),
        seconds=outbound.connect.total_seconds(),
        local_addresses=tuple(map(str, outbound.source_addresses)),
    )
    return Connections(
        opener.open,
        most=outbound.connections_per_destination,
        most_messages=outbound.messages_per_connection,
    )


def _carrier(parts: Parts, connections: Connections, dane: Dane | None) -> Carrier:
    outbound = parts.config.outbound
    policies = tls_policies(outbound.authorities)
    mta_sts = None
    if outbound.mta_sts:
        trusting = verifying_context(outbound.authorities)
        mta_sts = MtaSts(parts.sts_policies.policy_of, trusting)
    return Carrier(
        host=parts.host,
        resolver=parts.resolver,
        connections=connections,
        tls=Encrypting(
            parts.directory,
            parts.organisations,
            policies,
            outbound.tls,
            dane=dane,
            mta_sts=mta_sts,
        ),
        clear=policies[configured.OutboundTls.OFF],
        clock=clock,
        random_bits=secrets.randbits,
        shuffle=lambda exchangers: random.sample(exchangers, len(exchangers)),
        sign=_signer(parts.config),
        port=outbound.port,
        hops=parts.config.limits.hops + 1,  # Ours is among them.
        own_names=frozenset({parts.host}),
    )


def _signer(config: Config) -> Sign | None:
    """Return what signs the domains' mail; the keys were tried when the configuration was read."""
    if not config.signing:
        return None
    keys = (read_key(each.domain, each.selector, each.key) for each in config.signing)
    return Signer({key.domain: key for key in keys}, clock).field


def _smarthost(outbound: configured.Outbound) -> Smarthost | None:
    if outbound.smarthost is None:
        return None
    password = outbound.smarthost_password
    login = Login(outbound.smarthost_account, password) if password else None
    host, port = outbound.smarthost.host, outbound.smarthost.port
    return Smarthost(host, port, login=login, is_way_out=True)
