"""Connections that are open, used again, and never more than so many to one address.

A connection that has handed a message over waits a moment for the next one. What waits may have been
closed by the other side meanwhile: whoever gets it and finds it dead asks for a fresh one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from whybounce.gateway.delivery.opening import Line, Opened

Opens = Callable[[Line], Awaitable[Opened]]


@dataclass(slots=True)
class _Waiting:
    opened: Opened
    alarm: asyncio.TimerHandle


@dataclass(slots=True)
class _Counter:
    """Who may use an address, and how many want to."""

    slots: asyncio.Semaphore
    wanted: int = 0


@dataclass(slots=True)
class Connections:
    """All connections to other servers."""

    open_: Opens
    most: int = 20  # To one address and port.
    idle_seconds: float = 4
    most_idle: int = 100
    most_messages: int = 100  # By one connection; servers grow suspicious of more.
    _waiting: dict[Line, list[_Waiting]] = field(default_factory=lambda: defaultdict(list))
    _counters: dict[tuple[str, int], _Counter] = field(default_factory=dict)
    _leaving: set[asyncio.Task[object]] = field(default_factory=set)
    _is_closed: bool = False

    def to(self, line: Line, *, fresh: bool = False) -> "_Use":
        """Return a connection of one's own, or what stood in the way: ``async with`` waits for it."""
        return _Use(self, line, fresh)

    async def begin_use(self, line: Line, *, fresh: bool) -> Opened:
        """Wait for one's turn, and return a connection of one's own."""
        counter = self._counters.setdefault(
            (line.address, line.port), _Counter(asyncio.Semaphore(self.most))
        )
        counter.wanted += 1
        try:
            await counter.slots.acquire()
            try:
                return (None if fresh else self._take(line)) or await self.open_(line)
            except BaseException:
                counter.slots.release()
                raise
        except BaseException:
            self._want_no_more(line)
            raise

    def end_use(self, line: Line, opened: Opened) -> None:
        """Give it back."""
        try:
            self._put_back(line, opened)
        finally:
            self._counters[line.address, line.port].slots.release()
            self._want_no_more(line)

    def _want_no_more(self, line: Line) -> None:
        counter = self._counters[line.address, line.port]
        counter.wanted -= 1
        if not counter.wanted:
            del self._counters[line.address, line.port]

    async def close(self) -> None:
        """Say goodbye on all that wait; those in use do so when they are put back."""
        self._is_closed = True
        for line in list(self._waiting):
            while opened := self._take(line):
                self._leave(opened)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _take(self, line: Line) -> Opened | None:
        waiting = self._waiting.get(line, [])
        while waiting:
            last = waiting.pop()
            last.alarm.cancel()
            if last.opened.connection is not None and last.opened.connection.is_usable:
                return last.opened
            if last.opened.connection is not None:
                last.opened.connection.abort()
        self._waiting.pop(line, None)
        return None

    def _put_back(self, line: Line, opened: Opened) -> None:
        """Keep the connection for the next message, or leave."""
        if opened.connection is None:
            return
        if not opened.connection.is_usable:
            opened.connection.abort()
            return
        idle = sum(map(len, self._waiting.values()))
        opened.handed_over += 1
        is_worn = opened.handed_over >= self.most_messages
        if self._is_closed or is_worn or idle >= self.most_idle or not self.idle_seconds:
            self._leave(opened)
            return
        opened.is_fresh, opened.troubles = False, ()
        alarm = asyncio.get_running_loop().call_later(self.idle_seconds, self._tire, line, opened)
        self._waiting[line].append(_Waiting(opened, alarm))

    def _tire(self, line: Line, opened: Opened) -> None:
        waiting = self._waiting.get(line, [])
        kept = [each for each in waiting if each.opened is not opened]
        if len(kept) < len(waiting):
            self._leave(opened)
        if kept:
            self._waiting[line] = kept
        else:
            self._waiting.pop(line, None)

    def _leave(self, opened: Opened) -> None:
        if opened.connection is not None:
            task: asyncio.Task[object] = asyncio.create_task(_quit(opened))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


class _Use:
    """A connection while it is somebody's."""

    def __init__(self, connections: Connections, line: Line, fresh: bool) -> None:  # noqa: FBT001  # it is made in one place
        self._connections = connections
        self._line = line
        self._fresh = fresh
        self._opened: Opened | None = None

    async def __aenter__(self) -> Opened:
        self._opened = await self._connections.begin_use(self._line, fresh=self._fresh)
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        if self._opened is not None:
            self._connections.end_use(self._line, self._opened)


async def _quit(opened: Opened) -> object:
    return None if opened.connection is None else await opened.connection.quit()
