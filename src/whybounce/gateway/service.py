"""The gateway as one running thing: store, directory, listeners and outbound, begun and ended."""

import asyncio
import contextlib
import ipaddress
import logging
import os
import random
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dns.exception
import dns.resolver

from whybounce.catalogue import catalogue
from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts_host import PolicyHosts
from whybounce.explaining import Explainer
from whybounce.gateway import config as configured, folders
from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.believing import why_not_believed
from whybounce.gateway.config import Config, DaneUse, Kind
from whybounce.gateway.delivery.carrying import Carrier
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.destinations import Smarthost
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.opening import Login, Opener
from whybounce.gateway.delivery.parcels import Sign
from whybounce.gateway.delivery.signing import Signer, read_key
from whybounce.gateway.directory import Directory, DirectoryTable, Passwords, load
from whybounce.gateway.encrypting import Encrypting, tls_policies
from whybounce.gateway.expanding import Expanding
from whybounce.gateway.inbound import Inbound, Reception
from whybounce.gateway.limits import Limits
from whybounce.gateway.mta_sts import Policies
from whybounce.gateway.outbound import Outbound, OutboundSettings
from whybounce.gateway.policies import POLICIES, Judge
from whybounce.gateway.reporter import Reporter
from whybounce.gateway.resolving import Resolving
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.smtp.client import ClientSettings
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.smtp.server import Limits as DialogueLimits, ServerSettings, TlsMode
from whybounce.gateway.smtp.server.counting import Caps
from whybounce.gateway.smtp.tls import (
    opportunistic_context,
    server_context,
    verifying_context,
)
from whybounce.gateway.spam_signs import SpamSigns
from whybounce.gateway.store import Store, open_store
from whybounce.gateway.values import Endpoint
from whybounce.writing import Writer

_log = logging.getLogger(__name__)

_SQLITE = "sqlite:///"
_NO_NAME_SERVER = "127.0.0.1"
_ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not listened at


class AddressTakenError(Exception):
    """An address to listen at cannot be had."""

    def __init__(self, address: Endpoint, why: str) -> None:
        super().__init__(f"cannot listen at {address}: {why}")
        self.address = address


class UnfitResolverError(Exception):
    """DANE is required, and the resolver cannot be believed."""

    def __init__(self, why: str) -> None:
        super().__init__(f'[outbound] dane = "required", but {why}')


@dataclass(frozen=True, slots=True)
class Running:
    """The gateway while it runs."""

    host: str  # The name it goes by.
    store: Store
    ports: dict[str, tuple[int, ...]]  # Of each listener, by its name.
    outbound: asyncio.Task[None]  # It ends before it is told to only by a mistake of ours.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What several parts need."""

    config: Config
    store: Store
    directory: Directory
    host: str
    node: str
    organisations: tuple[str, ...]
    resolver: Resolver
    resolver_is_ours: bool  # On this machine, or named by an administrator.
    sts_policies: Policies


@asynccontextmanager
async def running(config: Config, table: DirectoryTable) -> AsyncIterator[Running]:
    """Run the gateway; at the end, take nothing more and let what is under way come to its end.

    Raises:
        AddressTakenError: An address to listen at cannot be had.
        StoreError: The queue cannot be opened.
        UnfitResolverError: DANE is required, and the resolver does not validate.

    """
    _make_folders(config)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(config.server.queue, random_bits=secrets.randbits)
        )
        await load(store, table, now=_now())
        passwords = Passwords()
        stack.callback(passwords.close)
        resolver, is_ours = _resolver(config.outbound.resolver)
        parts = _Parts(
            config=config,
            store=store,
            directory=Directory(store, passwords),
            host=folded_domain(config.server.name or socket.getfqdn()),
            node=config.server.node or socket.gethostname(),
            organisations=tuple(each.name for each in table.organisation),
            resolver=resolver,
            resolver_is_ours=is_ours,
            sts_policies=_sts_policies(config.outbound, store, resolver),
        )
        outbound = await stack.enter_async_context(_outbound(parts))
        listeners = {each.name: _listener(parts, each) for each in config.listener}
        stack.push_async_callback(_drain, listeners, config.server.drain.total_seconds())
        for each in config.listener:
            await _listen(listeners[each.name], each)
        ports = {name: tuple(listener.ports) for name, listener in listeners.items()}
        yield Running(parts.host, store, ports, outbound)


async def _listen(listener: Listener, settings: configured.Listener) -> None:
    for address in settings.addresses:
        try:
            await listener.listen(address.host, address.port)
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise AddressTakenError(address, why) from error


async def _drain(listeners: dict[str, Listener], seconds: float) -> None:
    await asyncio.gather(*(each.drain(seconds) for each in listeners.values()))


def _listener(parts: _Parts, settings: configured.Listener) -> Listener:
    submission = settings.kind is Kind.SUBMISSION
    reception = Reception(
        store=parts.store,
        directory=parts.directory,
        judge=Judge(POLICIES, parts.config.policies),
        resolver=parts.resolver,
        return_paths=_return_paths(parts.config),
        trust=parts.config.trust,
        block_lists=tuple(each.block_list for each in parts.config.block_list),
        limits=parts.config.limits,
        host=parts.host,
        is_submission=submission,
        login_required=submission or settings.require_auth,
        expire_after=parts.config.schedule.expire_after,
        clock=_now,
        random_bits=secrets.randbits,
        own_names=_own_names(parts),
        delisting=parts.config.reports.delisting,
        spam=SpamSigns(parts.config.spam.header, gtube=parts.config.spam.gtube),
    )
    tls = None
    if settings.tls is not TlsMode.OFF:
        tls = server_context(
            str(settings.certificate),
            str(settings.key) if settings.key else None,
            str(settings.clients) if settings.clients else None,
        )
    return Listener(
        ServerSettings(
            host=parts.host,
            listener=settings.name,
            tls=settings.tls,
            require_tls=settings.require_tls,
            auth=submission or settings.require_auth,
            auth_on_loopback=settings.auth_without_tls,
            line_ends=settings.line_ends,
            nul_octets=settings.nul_octets,
            proxies=tuple(each.addresses for each in settings.proxies),
            xclient=tuple(each.addresses for each in settings.xclient),
            limits=_dialogue_limits(parts.config.limits),
        ),
        lambda: Inbound(reception),
        tls=tls,
        caps=Caps(
            listener=settings.connections,
            address=settings.connections_per_address,
            network=settings.connections_per_network,
        ),
    )


def _own_names(parts: _Parts) -> frozenset[str]:
    """Return our name, and the addresses that listeners are told to listen at."""
    hosts = {at.host for each in parts.config.listener for at in each.addresses}
    return frozenset({parts.host, *hosts} - _ANY_ADDRESS)


def _dialogue_limits(limits: Limits) -> DialogueLimits:
    return DialogueLimits(
        message_octets=int(limits.message_size),
        recipients=limits.recipients,
        errors=limits.errors,
        auth_failures=limits.auth_failures,
        idle_seconds=limits.idle.total_seconds(),
        data_idle_seconds=limits.data_idle.total_seconds(),
        session_seconds=limits.session.total_seconds(),
    )


@asynccontextmanager
async def _outbound(parts: _Parts) -> AsyncIterator[asyncio.Task[None]]:
    config = parts.config
    connections = _connections(parts)
    dane = await _dane(parts)
    outbound = Outbound(
        parts.store,
        carry=_carrier(parts, connections, dane).carry,
        resolve=Resolving(
            directory=parts.directory,
            mailboxes=Path(config.server.mailboxes),
            lmtp=config.server.lmtp,
            smarthost=_smarthost(config.outbound),
            host=parts.host,
        ),
        report=_reporter(parts),
        expand=Expanding(
            store=parts.store,
            directory=parts.directory,
            return_paths=_return_paths(config),
            node=parts.node,
            most=config.limits.group_members,
            clock=_now,
        ),
        settings=OutboundSettings(
            node=parts.node,
            schedule=config.schedule,
            most=config.outbound.connections,
            most_each=config.outbound.connections_per_destination,
            most_each_mailbox=config.limits.deliveries_per_mailbox,
            mailbox_wait=config.limits.mailbox_wait.total_seconds(),
            drain=config.server.drain.total_seconds(),
        ),
        clock=_now,
        chance=random.random,
    )
    task = asyncio.create_task(outbound.run())
    warning = asyncio.create_task(_warn_of(parts))
    try:
        yield task
    finally:
        warning.cancel()
        outbound.stop()
        with contextlib.suppress(Exception):  # Whoever waits for the task has been told.
            await task
        await connections.close()


def _connections(parts: _Parts) -> Connections:
    outbound = parts.config.outbound
    opener = Opener(
        smtp=ClientSettings(name=parts.host),
        lmtp=ClientSettings(name=parts.host, lmtp=True),
        seconds=outbound.connect.total_seconds(),
        local_address=next(iter(outbound.source_addresses), None),
    )
    return Connections(
        opener.open,
        most=outbound.connections_per_destination,
        most_messages=outbound.messages_per_connection,
    )


def _carrier(parts: _Parts, connections: Connections, dane: Dane | None) -> Carrier:
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
        clock=_now,
        random_bits=secrets.randbits,
        shuffle=lambda exchangers: random.sample(exchangers, len(exchangers)),
        sign=_signer(parts.config),
        port=outbound.port,
        hops=parts.config.limits.hops + 1,  # Ours is among them.
        own_names=frozenset({parts.host}),
    )


def _return_paths(config: Config) -> ReturnPaths | None:
    """Return what rewrites the return paths of forwarded mail, where that is wanted."""
    domain, secret = config.forwarding.domain, config.forwarding.secret
    return ReturnPaths(domain, secret) if domain and secret else None


def _signer(config: Config) -> Sign | None:
    """Return what signs the domains' mail; the keys were tried when the configuration was read."""
    if not config.signing:
        return None
    keys = (read_key(each.domain, each.selector, each.key) for each in config.signing)
    return Signer({key.domain: key for key in keys}, _now).field


def _sts_policies(outbound: configured.Outbound, store: Store, resolver: Resolver) -> Policies:
    context = verifying_context(outbound.authorities)
    hosts = PolicyHosts(resolver, context, outbound.mta_sts_port)
    return Policies(store, resolver, hosts.fetch, _now)


async def _dane(parts: _Parts) -> Dane | None:
    """Return DANE, which has no effect by a resolver that does not validate; None where it is off.

    Raises UnfitResolverError.
    """
    use, resolver = parts.config.outbound.dane, parts.resolver
    if use is DaneUse.REQUIRED:
        why = await why_not_believed(resolver, is_ours=parts.resolver_is_ours)
        if why is not None:
            raise UnfitResolverError(why)
    if use is DaneUse.OFF or not parts.resolver_is_ours:
        return None
    return Dane(resolver, opportunistic_context(), _now)


async def _warn_of(parts: _Parts) -> None:
    """Say where DANE was wished for and is not had; no mail waits to hear so."""
    if parts.config.outbound.dane is DaneUse.AUTO:
        why = await why_not_believed(parts.resolver, is_ours=parts.resolver_is_ours)
        if why is not None:
            _log.warning("DANE is off: %s", why)


def _resolver(at: Endpoint | None) -> tuple[Resolver, bool]:
    """Return what asks the name server, and whether the way to it is ours.

    It is the one that is named, else the machine's first.
    """
    if at is not None:
        return Resolver(at.host, at.port), True
    try:
        servers = dns.resolver.Resolver().nameservers
    except dns.exception.DNSException:
        servers = []
    address = str(servers[0]) if servers else _NO_NAME_SERVER
    return Resolver(address), ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _smarthost(outbound: configured.Outbound) -> Smarthost | None:
    if outbound.smarthost is None:
        return None
    password = outbound.smarthost_password
    login = Login(outbound.smarthost_account, password) if password else None
    return Smarthost(outbound.smarthost.host, outbound.smarthost.port, login=login)


def _reporter(parts: _Parts) -> Reporter:
    return Reporter(
        store=parts.store,
        directory=parts.directory,
        explainer=Explainer(catalogue()),
        writer=Writer(catalogue()),
        reports=parts.config.reports,
        host=parts.host,
        node=parts.node,
        expire_after=parts.config.schedule.expire_after,
    )


def _make_folders(config: Config) -> None:
    queue = config.server.queue
    if queue.startswith(_SQLITE):
        folders.make(Path(queue.removeprefix(_SQLITE)).parent)
    folders.make(Path(config.server.mailboxes))


async def until_stopped(gateway: Running, stop: asyncio.Event) -> None:
    """Wait until it is to stop. Raises what ended outbound, should it end before."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting, gateway.outbound}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not stop.is_set():
        gateway.outbound.result()


def _now() -> datetime:
    return datetime.now(UTC)
