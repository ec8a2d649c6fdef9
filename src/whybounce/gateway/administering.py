"""What lets people and programs watch a gateway and act on it, built from its configuration."""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from whybounce.catalogue import catalogue
from whybounce.checking.mail_servers import Reach
from whybounce.explaining import shared_explainer
from whybounce.gateway.chores import Chore, Chores, housekeeping
from whybounce.gateway.config import Config
from whybounce.gateway.delisting import Delisting
from whybounce.gateway.delivery.dispatching import Report
from whybounce.gateway.directory import Passwords
from whybounce.gateway.inbound import Reception
from whybounce.gateway.mta_sts import refresh
from whybounce.gateway.operating.attending import Attending
from whybounce.gateway.operating.bouncing import Bouncer
from whybounce.gateway.operating.channel import listening
from whybounce.gateway.operating.digest import Digest
from whybounce.gateway.operating.metrics import Metrics
from whybounce.gateway.operating.pages import pages, served
from whybounce.gateway.operating.performing import Operator
from whybounce.gateway.operating.requests import Reloaded
from whybounce.gateway.outbound import Outbound
from whybounce.gateway.parts import Parts, clock, parts_of, resolver_of
from whybounce.gateway.receiving import reception_of
from whybounce.gateway.rehearsing import Rehearsing
from whybounce.gateway.reply_causes import cause_of
from whybounce.gateway.reporter import Reporter
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.store import open_store
from whybounce.gateway.values import Endpoint
from whybounce.writing import Writer

_log = logging.getLogger(__name__)

_PAGES = Endpoint("127.0.0.1:8026")  # Health and metrics, where nothing else is said.
_PROBE = 2.0  # Seconds a name server may take to show that it answers.

Now = Callable[[], Parts]
"""Returns the parts as they are in force now."""


class AddressTakenError(Exception):
    """An address to listen at cannot be had."""

    def __init__(self, place: str, address: Endpoint, why: str) -> None:
        super().__init__(f"{place}: cannot listen at {address}: {why}")
        self.place = place  # The key that names it.
        self.address = address
        self.why = why


class UnusableFolderError(Exception):
    """A folder that is needed cannot be had."""

    def __init__(self, place: str, folder: Path, why: str) -> None:
        super().__init__(f"{place}: {folder} cannot be used as a folder: {why}")
        self.place = place  # The key that names it.
        self.folder = folder
        self.why = why


class ControlTakenError(Exception):
    """The socket for commands cannot be made."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"server, control: cannot take commands at {path}: {why}")
        self.path = path


def reporter_of(parts: Parts) -> Reporter:
    """Return what makes the notices to senders."""
    return Reporter(
        store=parts.store,
        directory=parts.directory,
        explainer=shared_explainer(),
        writer=Writer(catalogue()),
        reports=parts.config.reports,
        host=parts.host,
        node=parts.node,
        expire_after=parts.config.schedule.expire_after,
    )


def operator_of(now: Now, report: Report) -> Operator:
    """Return what does what administrators want."""
    parts = now()
    return Operator(
        store=parts.store,
        bouncer=bouncer_of(parts, report),
        delisting=delisting_of(parts),
        rehearse=rehearsing_of(now),
        webhooks=parts.webhooks,
        cause_of=cause_of,
        clock=clock,
    )


def bouncer_of(parts: Parts, report: Report) -> Bouncer:
    """Return what ends mail at an administrator's word."""
    return Bouncer(
        store=parts.store,
        report=report,
        node=parts.node,
        schedule=parts.config.schedule,
        clock=clock,
    )


def delisting_of(parts: Parts) -> Delisting:
    """Return what takes off the block list who asks for it."""
    return Delisting(
        store=parts.store,
        host=parts.host,
        page=parts.config.delisting,
        expire_after=parts.config.schedule.expire_after,
        clock=clock,
    )


def rehearsing_of(now: Now) -> Rehearsing:
    """Return what says what would be said of a message that nobody sends."""

    def reach() -> Reach:
        parts = now()
        config = parts.config
        return Reach(port=config.outbound.port, allow_private=config.web.private, name=parts.host)

    def receptions() -> dict[str, Reception]:
        parts = now()
        return {each.name: reception_of(parts, each) for each in parts.config.listener}

    return Rehearsing(receptions=receptions, reach=reach)


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
        parts = parts_of(config, store, passwords)
        parts = replace(parts, node=f"{parts.node} (command line)")
        yield operator_of(lambda: parts, reporter_of(parts))


def attending_of(
    now: Now,
    operator: Operator,
    outbound: Outbound,
    listeners: Mapping[str, Listener],
    metrics: Metrics,
    reload: Callable[[], Awaitable[Reloaded]],
) -> Attending:
    """Return what answers operators, Prometheus and load balancers."""
    parts = now()
    file = parts.config.queue_file
    return Attending(
        store=parts.store,
        operator=operator,
        metrics=metrics,
        outbound=outbound,
        listeners=listeners,
        folders=(*([file.parent] if file else []), Path(parts.config.server.mailboxes)),
        resolver=lambda: resolver_of(now().config.outbound, seconds=_PROBE)[0],
        limits=lambda: now().config.health,
        reload=reload,
        stop=asyncio.Event(),
        node=parts.node,
        clock=clock,
    )


async def open_pages(
    stack: AsyncExitStack, config: Config, attending: Attending
) -> Endpoint | None:
    """Serve health and metrics; nobody is told of a port that is taken unless it was asked for.

    Raises:
        AddressTakenError: It was asked for, and cannot be had.

    """
    wanted = config.server.operating or _PAGES
    app = pages(attending.health, attending.metrics_text)
    try:
        port = await stack.enter_async_context(served(app, wanted.host, wanted.port))
    except OSError as error:
        if config.server.operating is not None:
            raise AddressTakenError("server, operating", wanted, why(error)) from error
        _log.warning("health and metrics are not served: %s: %s", wanted, why(error))
        return None
    return Endpoint(f"{wanted.rpartition(':')[0]}:{port}")


@asynccontextmanager
async def channel(path: Path, attending: Attending) -> AsyncIterator[None]:
    """Take commands at the socket.

    Raises:
        ControlTakenError: It cannot be made.

    """
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(path, attending.answer))
        except OSError as error:
            raise ControlTakenError(path, why(error)) from error
        yield


@asynccontextmanager
async def doing_chores(now: Now) -> AsyncIterator[None]:
    """Do periodic work meanwhile."""
    parts = now()

    async def renew_policies(at: datetime) -> None:
        await refresh(now().sts_policies, now=at)

    digest = Digest(
        store=parts.store,
        to=lambda: now().config.reports.digest,
        host=parts.host,
        node=parts.node,
        random_bits=secrets.randbits,
    )
    chores = Chores(
        parts.store,
        (
            *housekeeping(parts.store, lambda: now().config.retention),
            digest.chore,
            parts.webhooks.chore,
            Chore("MTA-STS policies", timedelta(hours=1), renew_policies),
        ),
        node=parts.node,
        clock=clock,
    )
    tasks = [asyncio.create_task(each) for each in (chores.run(), parts.webhooks.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def why(error: OSError) -> str:
    """Return what stood in the way, in words."""
    number = error.errno or 0  # Of names that are not known it is negative.
    return (os.strerror(number).lower() if number > 0 else error.strerror) or str(error)
