"""The gateway as one running thing: store, directory, listeners and outbound, begun and ended."""

import asyncio
import contextlib
import ipaddress
import logging
import os
import random
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
from whybounce.gateway.chores import Chore, Chores, housekeeping
from whybounce.gateway.config import Config, DaneUse, Kind
from whybounce.gateway.delisting import Delisting
from whybounce.gateway.delivery.carrying import Carrier
from whybounce.gateway.delivery.concluding import Notices, Telling
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.destinations import Smarthost
from whybounce.gateway.delivery.dispatching import Report
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.opening import Login, Opener
from whybounce.gateway.delivery.parcels import Sign
from whybounce.gateway.delivery.signing import Signer, read_key
from whybounce.gateway.directory import Directory, DirectoryTable, Passwords, load
from whybounce.gateway.encrypting import Encrypting, tls_policies
from whybounce.gateway.expanding import Expanding
from whybounce.gateway.inbound import Inbound, Reception
from whybounce.gateway.limits import Limits
from whybounce.gateway.mta_sts import Policies, refresh
from whybounce.gateway.operating.attending import Attending
from whybounce.gateway.operating.bouncing import Bouncer
from whybounce.gateway.operating.channel import listening
from whybounce.gateway.operating.digest import Digest
from whybounce.gateway.operating.metrics import Metrics
from whybounce.gateway.operating.pages import pages, served
from whybounce.gateway.operating.performing import Operator, causes_by
from whybounce.gateway.operating.reloading import at_next_start, changed, in_force
from whybounce.gateway.operating.requests import Reloaded
from whybounce.gateway.operating.watching import Watches
from whybounce.gateway.outbound import Outbound, OutboundSettings
from whybounce.gateway.policies import POLICIES, Judge
from whybounce.gateway.remembering import Remembering
from whybounce.gateway.reporter import Reporter
from whybounce.gateway.resolving import Resolving
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.shaping import FaultyFileError
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
from whybounce.gateway.store import Store, StoreError, open_store
from whybounce.gateway.store.watching import Watch
from whybounce.gateway.values import Endpoint
from whybounce.gateway.webhooks.calling import Webhook, Webhooks
from whybounce.gateway.webhooks.posting import Poster
from whybounce.gateway.webhooks.signing import key_of
from whybounce.writing import Writer

_log = logging.getLogger(__name__)

_SQLITE = "sqlite:///"
_PAGES = Endpoint("127.0.0.1:8026")  # Health and metrics, where nothing else is said.
_PROBE = 2.0  # Seconds a name server may take to show that it answers.
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


class ControlTakenError(Exception):
    """The socket for commands cannot be made."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot take commands at {path}: {why}")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The gateway while it runs."""

    host: str  # The name it goes by.
    store: Store
    directory: Directory
    operator: Operator  # Does what administrators want.
    settings: Callable[[], Config]  # What is in force now.
    resolver: Resolver
    ports: dict[str, tuple[int, ...]]  # Of each listener, by its name.
    outbound: asyncio.Task[None]  # It ends before it is told to only by a mistake of ours.
    pages: Endpoint | None  # Where health and metrics are; None: nowhere, as the port was taken.
    stop: asyncio.Event  # Set by an operator who wants it to drain.
    reload: Callable[[], Awaitable[Reloaded]]  # Reads the configuration anew.


Reread = Callable[[], tuple[Config, DirectoryTable]]
"""Reads the configuration and the directory; raises FaultyFileError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What several parts need."""

    config: Config
    store: Store
    directory: Directory
    remembering: Remembering
    host: str
    node: str
    organisations: tuple[str, ...]
    resolver: Resolver
    resolver_is_ours: bool  # On this machine, or named by an administrator.
    sts_policies: Policies
    webhooks: Webhooks


def _parts(
    config: Config, store: Store, passwords: Passwords, organisations: tuple[str, ...] = ()
) -> _Parts:
    resolver, is_ours = _resolver(config.outbound.resolver)
    node = config.server.node or socket.gethostname()
    return _Parts(
        config=config,
        store=store,
        directory=Directory(store, passwords),
        remembering=Remembering(store),
        host=folded_domain(config.server.name or socket.getfqdn()),
        node=node,
        organisations=organisations,
        resolver=resolver,
        resolver_is_ours=is_ours,
        sts_policies=_sts_policies(config.outbound, store, resolver),
        webhooks=_webhooks(config, store, resolver, node),
    )


@asynccontextmanager
async def running(
    config: Config,
    table: DirectoryTable,
    *,
    reread: Reread | None = None,
    reloaded: Callable[[Config], None] = lambda _: None,
    watch: Watch | None = None,
) -> AsyncIterator[Running]:
    """Run the gateway; at the end, take nothing more and let what is under way come to its end.

    Args:
        config: What was decided.
        table: Who is here.
        reread: What reads both anew, for a reload.
        reloaded: Called with what is in force after one.
        watch: Who is told, beside the metrics, of what becomes durable: the log.

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
        metrics = Metrics()
        store.watch = Watches(metrics, watch) if watch else Watches(metrics)
        await load(store, table, now=_now())
        passwords = Passwords()
        stack.callback(passwords.close)
        organisations = tuple(each.name for each in table.organisation)
        parts = _parts(config, store, passwords, organisations)
        listeners = {each.name: _listener(parts, each) for each in config.listener}
        live = Live(parts, listeners, reread, reloaded)
        outbound = await stack.enter_async_context(_outbound(parts, live))
        attending = _attending(live, outbound, metrics)
        pages_at = await _open_pages(stack, config, attending)
        if config.control is not None:
            await stack.enter_async_context(_channel(config.control, attending))
        task = await stack.enter_async_context(_delivering(parts, outbound))
        attending.delivering = task
        await stack.enter_async_context(_doing_chores(live))
        stack.push_async_callback(live.drain)
        for each in config.listener:
            await _listen(listeners[each.name], each)
        yield Running(
            host=parts.host,
            store=store,
            directory=parts.directory,
            operator=attending.operator,
            settings=lambda: live.parts.config,
            resolver=parts.resolver,
            ports={name: tuple(listener.ports) for name, listener in listeners.items()},
            outbound=task,
            pages=pages_at,
            stop=attending.stop,
            reload=live.reload,
        )


class Live:
    """What a reload replaces while the gateway runs."""

    def __init__(
        self,
        parts: _Parts,
        listeners: dict[str, Listener],
        reread: Reread | None,
        reloaded: Callable[[Config], None],
    ) -> None:
        self.parts = parts
        self.listeners = listeners
        self.reporter = _reporter(parts)
        self._turn = asyncio.Lock()  # One reload after the other.
        self._reread = reread
        self._reloaded = reloaded

    async def report(self, telling: Telling) -> Notices:
        """Make the reports, as the configuration wants them now."""
        return await self.reporter(telling)

    async def drain(self) -> None:
        """Take no more connections; let messages under way come to their end."""
        seconds = self.parts.config.server.drain.total_seconds()
        await asyncio.gather(*(each.drain(seconds) for each in self.listeners.values()))

    async def reload(self) -> Reloaded:
        """Read the configuration and the directory anew. Faults change nothing."""
        async with self._turn:
            return await self._reload()

    async def _reload(self) -> Reloaded:
        if self._reread is None:
            return Reloaded(changed=(), at_next_start=(), faults=("there is no file to read",))
        before = self.parts.config
        try:
            fresh, table = await asyncio.to_thread(self._reread)
            config = in_force(before, fresh)
            parts = replace(self.parts, config=config)
            listeners = {each.name: _listener(parts, each) for each in config.listener}
            is_other = await load(parts.store, table, now=_now())
        except (FaultyFileError, StoreError, OSError) as error:
            return Reloaded(changed=(), at_next_start=(), faults=tuple(str(error).splitlines()))
        self.parts, self.reporter = parts, _reporter(parts)
        for name, made in listeners.items():
            running = self.listeners[name]
            running.settings, running.tls = made.settings, made.tls
            running.new_handler = made.new_handler
        self._reloaded(config)
        tables = set(changed(before, fresh)) - {"directory"} | (
            {"directory"} if is_other else set()
        )
        return Reloaded(changed=tuple(sorted(tables)), at_next_start=at_next_start(before, fresh))


def _attending(live: Live, outbound: Outbound, metrics: Metrics) -> Attending:
    parts = live.parts
    config, store = parts.config, parts.store
    file = config.queue_file
    return Attending(
        store=store,
        operator=_operator(parts, live.report),
        metrics=metrics,
        outbound=outbound,
        listeners=live.listeners,
        folders=(*([file.parent] if file else []), Path(config.server.mailboxes)),
        resolver=lambda: _resolver(config.outbound.resolver, seconds=_PROBE)[0],
        limits=lambda: live.parts.config.health,
        reload=live.reload,
        stop=asyncio.Event(),
        node=parts.node,
        clock=_now,
    )


def _operator(parts: _Parts, report: Report) -> Operator:
    store = parts.store
    return Operator(
        store=store,
        bouncer=Bouncer(
            store=store,
            report=report,
            node=parts.node,
            schedule=parts.config.schedule,
            clock=_now,
        ),
        delisting=Delisting(
            store=store,
            host=parts.host,
            page=parts.config.delisting,
            expire_after=parts.config.schedule.expire_after,
            clock=_now,
        ),
        webhooks=parts.webhooks,
        cause_of=causes_by(Explainer(catalogue())),
        clock=_now,
    )


@asynccontextmanager
async def operating_alone(config: Config) -> AsyncIterator[Operator]:
    """Open the queue of a gateway that does not run, to operate on it.

    Raises:
        StoreError: It cannot be opened, or a gateway runs after all.

    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(config.server.queue, random_bits=secrets.randbits)
        )
        passwords = Passwords()
        stack.callback(passwords.close)
        parts = _parts(config, store, passwords)
        parts = replace(parts, node=f"{parts.node} (command line)")
        yield _operator(parts, _reporter(parts))


async def _open_pages(
    stack: AsyncExitStack, config: Config, attending: Attending
) -> Endpoint | None:
    """Serve health and metrics; nobody is told of a port that is taken unless it was asked for."""
    wanted = config.server.operating or _PAGES
    app = pages(attending.health, attending.metrics_text)
    try:
        port = await stack.enter_async_context(served(app, wanted.host, wanted.port))
    except OSError as error:
        if config.server.operating is not None:
            raise AddressTakenError(wanted, _why(error)) from error
        _log.warning("health and metrics are not served: %s: %s", wanted, _why(error))
        return None
    return Endpoint(f"{wanted.rpartition(':')[0]}:{port}")


@asynccontextmanager
async def _channel(path: Path, attending: Attending) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(path, attending.answer))
        except OSError as error:
            raise ControlTakenError(path, _why(error)) from error
        yield


def _renewing(policies: Policies) -> Callable[[datetime], Awaitable[None]]:
    async def renew(now: datetime) -> None:
        await refresh(policies, now=now)

    return renew


@asynccontextmanager
async def _doing_chores(live: Live) -> AsyncIterator[None]:
    parts = live.parts
    digest = Digest(
        store=parts.store,
        to=lambda: live.parts.config.reports.digest,
        host=parts.host,
        node=parts.node,
        random_bits=secrets.randbits,
    )
    chores = Chores(
        parts.store,
        (
            *housekeeping(parts.store, lambda: live.parts.config.retention),
            digest.chore,
            parts.webhooks.chore,
            Chore("MTA-STS policies", timedelta(hours=1), _renewing(parts.sts_policies)),
        ),
        node=parts.node,
        clock=_now,
    )
    tasks = [asyncio.create_task(each) for each in (chores.run(), parts.webhooks.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(listener: Listener, settings: configured.Listener) -> None:
    for address in settings.addresses:
        try:
            await listener.listen(address.host, address.port)
        except OSError as error:
            raise AddressTakenError(address, _why(error)) from error


def _why(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _listener(parts: _Parts, settings: configured.Listener) -> Listener:
    submission = settings.kind is Kind.SUBMISSION
    reception = Reception(
        store=parts.store,
        directory=parts.directory,
        remembering=parts.remembering,
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
        delisting=parts.config.delisting,
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
async def _outbound(parts: _Parts, live: Live) -> AsyncIterator[Outbound]:
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
        report=live.report,
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
    try:
        yield outbound
    finally:
        await connections.close()


@asynccontextmanager
async def _delivering(parts: _Parts, outbound: Outbound) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(outbound.run())
    warning = asyncio.create_task(_warn_of(parts))
    try:
        yield task
    finally:
        warning.cancel()
        outbound.stop()
        with contextlib.suppress(Exception):  # Whoever waits for the task has been told.
            await task


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


def _webhooks(config: Config, store: Store, resolver: Resolver, node: str) -> Webhooks:
    """Return whom to tell; from now on the store writes down what of."""
    context = verifying_context(config.outbound.authorities)
    return Webhooks(
        store,
        [
            Webhook(
                name=each.name,
                url=str(each.url),
                key=key_of(each.secret or ""),
                kinds=each.events,
                private=each.private,
            )
            for each in config.webhook
        ],
        Poster(resolver, context),
        node=node,
        cause_of=causes_by(Explainer(catalogue())),
        clock=_now,
    )


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


def _resolver(at: Endpoint | None, *, seconds: float = 10.0) -> tuple[Resolver, bool]:
    """Return what asks the name server, and whether the way to it is ours.

    It is the one that is named, else the machine's first.
    """
    if at is not None:
        return Resolver(at.host, at.port, seconds=seconds), True
    try:
        servers = dns.resolver.Resolver().nameservers
    except dns.exception.DNSException:
        servers = []
    address = str(servers[0]) if servers else _NO_NAME_SERVER
    is_here = ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return Resolver(address, seconds=seconds), is_here


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
    if config.queue_file is not None:
        folders.make(config.queue_file.parent)
    folders.make(Path(config.server.mailboxes))


async def until_stopped(gateway: Running, stop: asyncio.Event) -> None:
    """Wait until it is to stop. Raises what ended outbound, should it end before."""
    waiting = {asyncio.create_task(each.wait()) for each in (stop, gateway.stop)}
    await asyncio.wait({*waiting, gateway.outbound}, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
    if not stop.is_set() and not gateway.stop.is_set():
        gateway.outbound.result()
    gateway.stop.set()


def _now() -> datetime:
    return datetime.now(UTC)
