"""The gateway as one running thing: store, directory, listeners and outbound, begun and ended."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from whybounce.checking.lookups import Resolver
from whybounce.gateway import config as configured, folders
from whybounce.gateway.administering import (
    AddressTakenError,
    ControlTakenError,
    UnusableFolderError,
    attending_of,
    bouncer_of,
    channel,
    delisting_of,
    doing_chores,
    open_pages,
    operating_alone,
    operator_of,
    reporter_of,
    why,
)
from whybounce.gateway.config import Config
from whybounce.gateway.delivery.concluding import Notices, Telling
from whybounce.gateway.directory import Directory, DirectoryTable, Passwords, load
from whybounce.gateway.operating.metrics import Metrics
from whybounce.gateway.operating.performing import Operator
from whybounce.gateway.operating.reloading import at_next_start, changed, in_force
from whybounce.gateway.operating.requests import Reloaded
from whybounce.gateway.operating.watching import Watches
from whybounce.gateway.outbound import Outbound
from whybounce.gateway.parts import (
    Parts,
    changed_parts,
    clock,
    parts_of,
    poster_of,
    webhooks_of,
)
from whybounce.gateway.receiving import listener_of
from whybounce.gateway.sending import Sending, UnfitResolverError, sending_of, warn_of, ways_of
from whybounce.gateway.shaping import FaultyFileError
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.store import Store, StoreError, open_store
from whybounce.gateway.store.watching import Watch
from whybounce.gateway.values import Endpoint

_log = logging.getLogger(__name__)

__all__ = [
    "AddressTakenError",
    "ControlTakenError",
    "Running",
    "UnfitResolverError",
    "UnusableFolderError",
    "operating_alone",
    "running",
    "until_stopped",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The gateway while it runs."""

    host: str  # The name it goes by.
    store: Store
    directory: Directory
    operator: Operator  # Does what administrators want.
    settings: Callable[[], Config]  # What is in force now.
    resolver: Callable[[], Resolver]  # Whom the DNS is asked of now.
    ports: dict[str, tuple[int, ...]]  # Of each listener, by its name.
    outbound: asyncio.Task[None]  # It ends before it is told to only by a mistake of ours.
    pages: Endpoint | None  # Where health and metrics are; None: nowhere, as the port was taken.
    stop: asyncio.Event  # Set by an operator who wants it to drain.
    reload: Callable[[], Awaitable[Reloaded]]  # Reads the configuration anew.


Reread = Callable[[], tuple[Config, DirectoryTable]]
"""Reads the configuration and the directory; raises FaultyFileError."""


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
        UnusableFolderError: Queue or mailboxes have no folder.

    """
    _make_folders(config)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(config.server.queue, random_bits=secrets.randbits)
        )
        metrics = Metrics()
        store.watch = Watches(metrics, watch) if watch else Watches(metrics)
        await load(store, table, now=clock())
        passwords = Passwords()
        stack.callback(passwords.close)
        parts = parts_of(config, store, passwords, table)
        listeners = {each.name: listener_of(parts, each) for each in config.listener}
        live = Live(parts, listeners, reread, reloaded)
        live.sending = await sending_of(parts, live.report)
        stack.push_async_callback(live.sending.close)
        outbound = live.sending.outbound
        attending = attending_of(
            lambda: live.parts, live.operator, outbound, listeners, metrics, live.reload
        )
        pages_at = await open_pages(stack, config, attending)
        if config.control is not None:
            await stack.enter_async_context(channel(config.control, attending))
        task = await stack.enter_async_context(_delivering(parts, outbound))
        attending.delivering = task
        await stack.enter_async_context(doing_chores(lambda: live.parts))
        stack.push_async_callback(live.drain)
        for each in config.listener:
            await _listen(listeners[each.name], each)
        yield Running(
            host=parts.host,
            store=store,
            directory=parts.directory,
            operator=live.operator,
            settings=lambda: live.parts.config,
            resolver=lambda: live.parts.resolver,
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
        parts: Parts,
        listeners: dict[str, Listener],
        reread: Reread | None,
        reloaded: Callable[[Config], None],
    ) -> None:
        self.parts = parts
        self.listeners = listeners
        self.reporter = reporter_of(parts)
        self.operator = operator_of(lambda: self.parts, self.report)
        self.sending: Sending | None = None  # Until it has been built.
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
            parts = changed_parts(self.parts, config, table)
            listeners = {each.name: listener_of(parts, each) for each in config.listener}
            ways, connections = await ways_of(parts)
            told, poster = webhooks_of(config), poster_of(config.outbound, parts.resolver)
            is_other = await load(parts.store, table, now=clock())
        except (FaultyFileError, StoreError, UnfitResolverError, OSError) as error:
            return Reloaded(changed=(), at_next_start=(), faults=tuple(str(error).splitlines()))
        self.parts, self.reporter = parts, reporter_of(parts)
        self.operator.bouncer = bouncer_of(parts, self.report)
        self.operator.delisting = delisting_of(parts)
        for name, made in listeners.items():
            running = self.listeners[name]
            running.settings, running.tls = made.settings, made.tls
            running.new_handler = made.new_handler
        parts.webhooks.change(told, poster)
        if self.sending is not None:
            self.sending.change(parts, ways, connections)
        self._reloaded(config)
        tables = set(changed(before, fresh)) - {"directory"} | (
            {"directory"} if is_other else set()
        )
        return Reloaded(changed=tuple(sorted(tables)), at_next_start=at_next_start(before, fresh))


async def _listen(listener: Listener, settings: configured.Listener) -> None:
    for address in settings.addresses:
        try:
            await listener.listen(address.host, address.port)
        except OSError as error:
            place = f'listener "{settings.name}", addresses'
            raise AddressTakenError(place, address, why(error)) from error


@asynccontextmanager
async def _delivering(parts: Parts, outbound: Outbound) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(outbound.run())
    warning = asyncio.create_task(warn_of(parts))
    try:
        yield task
    finally:
        warning.cancel()
        outbound.stop()
        with contextlib.suppress(Exception):  # Whoever waits for the task has been told.
            await task


def _make_folders(config: Config) -> None:
    wanted = {"server, mailboxes": Path(config.server.mailboxes)}
    if config.queue_file is not None:
        wanted = {"server, queue": config.queue_file.parent, **wanted}
    for place, folder in wanted.items():
        try:
            folders.make(folder)
        except OSError as error:
            raise UnusableFolderError(place, folder, why(error)) from error


async def until_stopped(gateway: Running, stop: asyncio.Event) -> None:
    """Wait until it is to stop. Raises what ended outbound, should it end before."""
    waiting = {asyncio.create_task(each.wait()) for each in (stop, gateway.stop)}
    await asyncio.wait({*waiting, gateway.outbound}, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
    if not stop.is_set() and not gateway.stop.is_set():
        if (error := gateway.outbound.exception()) is not None:
            _log.critical(
                "the part that delivers has ended, and the gateway with it", exc_info=error
            )
        gateway.outbound.result()
    gateway.stop.set()
