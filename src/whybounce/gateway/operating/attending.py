"""What is asked of the running gateway from outside its mail: how it is, what it counts, what to do.

Everything here is bounded in time and remembered for a moment, so that whoever asks often costs
nothing and waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from whybounce.checking.lookups import Absence, Resolver
from whybounce.gateway.config import Health as Limits
from whybounce.gateway.operating.free_room import FreeRoom
from whybounce.gateway.operating.health import Facts, Health, Standing, judge
from whybounce.gateway.operating.metrics import Gauges, Metrics
from whybounce.gateway.operating.performing import Operator
from whybounce.gateway.operating.requests import (
    Answer,
    Drain,
    Draining,
    Reload,
    Reloaded,
    Request,
)
from whybounce.gateway.outbound import Outbound
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.store import Claim, Store, StoreError, StoreUnavailableError
from whybounce.gateway.store.rows import Figures

_PATIENCE = 5.0  # Seconds for an answer of the queue, of a disk, of the name server.
_HEALTH_LASTS, _FIGURES_LAST, _RESOLVER_LASTS = 2.0, 10.0, 15.0  # Seconds.
_TOKEN = timedelta(minutes=1)
_ASKED = "whybounce.invalid"  # RFC 6761 §6.4: any resolver answers that, and none asks on.

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """What was found out a moment ago. Several who ask at once share one finding out."""

    def __init__(self, find: Callable[[], Awaitable[Found]], seconds: float) -> None:
        self._find = find
        self._seconds = seconds
        self._finding: asyncio.Task[Found] | None = None
        self._until = 0.0

    async def get(self) -> Found:
        """Return it, found out anew where it is old."""
        now = asyncio.get_running_loop().time()
        if self._finding is None or (self._finding.done() and now >= self._until):
            self._until = now + self._seconds
            self._finding = asyncio.ensure_future(self._find())
        return await asyncio.shield(self._finding)


@dataclass(slots=True, kw_only=True)
class Attending:
    """Answers them."""

    store: Store
    operator: Operator
    metrics: Metrics
    outbound: Outbound
    listeners: Mapping[str, Listener]
    folders: Sequence[Path]  # On whose disks there must be room.
    resolver: Callable[[], Resolver]  # A new one, which remembers nothing.
    limits: Callable[[], Limits]
    reload: Callable[[], Awaitable[Reloaded]]
    stop: asyncio.Event
    node: str
    clock: Callable[[], datetime]
    delivering: asyncio.Task[None] | None = None
    _room: FreeRoom = field(init=False)
    _health: Remembered[Health] = field(init=False)
    _figures: Remembered[Figures | None] = field(init=False)
    _dns: Remembered[str | None] = field(init=False)
    _last_figures: Figures | None = None
    _is_healthy: bool = True

    def __post_init__(self) -> None:
        """Remember nothing yet."""
        self._room = FreeRoom(self.folders, patience=_PATIENCE)
        self._health = Remembered(self._judge, _HEALTH_LASTS)
        self._figures = Remembered(self._ask_figures, _FIGURES_LAST)
        self._dns = Remembered(self._ask_resolver, _RESOLVER_LASTS)
        self.metrics.gauges = self._gauges

    async def answer(self, request: Request, by: str) -> Answer:
        """Do what an operator asks for by the channel."""
        match request:
            case Reload():
                return await self.reload()
            case Drain():
                self.stop.set()
                sessions = sum(each.count.open for each in self.listeners.values())
                return Draining(sessions=sessions, deliveries=self.outbound.under_way)
            case _:
                return await self.operator.perform(request, by)

    async def health(self) -> Health:
        """Return how the gateway is."""
        return await self._health.get()

    async def metrics_text(self) -> bytes:
        """Return what is counted, with the gauges as they are."""
        self._last_figures = await self._figures.get()
        self._is_healthy = (await self.health()).standing is not Standing.FAILING
        return self.metrics.text()

    async def _judge(self) -> Health:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        trouble = await self._write()
        seconds = loop.time() - begun
        figures = self.store.writer_figures()
        facts = Facts(
            trouble=trouble,
            damage=figures.damage.said if figures.damage else None,
            seconds=seconds,
            waiting=figures.waiting,
            free=await self._room.octets(),
            listeners={name: bool(each.ports) for name, each in self.listeners.items()},
            outbound=self._outbound_ended(),
            resolver=await self._dns.get(),
            stopping=self.stop.is_set(),
        )
        return judge(facts, self.limits())

    async def _write(self) -> str | None:
        """Write something down, as mail is; return why that failed. Slowness is judged by the time."""
        now = self.clock()
        claim = Claim(f"health of {self.node}", self.node, now, now + _TOKEN)
        patience = self.limits().lag.total_seconds() + 1
        try:
            async with asyncio.timeout(patience):
                await self.store.take(claim)
        except TimeoutError:
            return None
        except StoreUnavailableError as error:
            return f"{error.trouble}: {error.said}"
        except StoreError as error:
            return str(error)
        return None

    def _outbound_ended(self) -> str | None:
        task = self.delivering
        if task is None or not task.done() or self.stop.is_set():
            return None
        error = None if task.cancelled() else task.exception()
        return type(error).__name__ if error else "it has ended"

    async def _ask_resolver(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self.resolver().records(_ASKED, "A")
        except TimeoutError:
            return "no answer in time"
        return found.detail if found.absence is Absence.FAILED else None

    async def _ask_figures(self) -> Figures | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self.store.figures(now=self.clock())
        except (StoreError, TimeoutError):
            return None

    def _gauges(self) -> Gauges:
        return Gauges(
            now=self.clock(),
            writer=self.store.writer_figures(),
            queue=self._last_figures,
            sessions={name: each.count.open for name, each in self.listeners.items()},
            deliveries=self.outbound.under_way,
            in_hand=self.outbound.in_hand,
            healthy=self._is_healthy,
        )
