"""One thread writes, and whatever waits when a commit returns goes into the next.

Waiting for company with a timer would cost four fifths of the throughput; company comes by itself,
because a commit takes as long as the disk takes to confirm it. What callers want in one round of the
event loop is handed over together, at its end.

Rule 1: a caller hears of success only after the commit that holds its work has returned.
Rule 2: one caller's failure is not another's. A group that fails is tried again in halves, so that
what cannot be done fails alone.
Rule 3: nobody waits for ever. Should the thread end, everyone waiting is told, and the next
caller starts it anew.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from whybounce.gateway.store.errors import StoreError, StoreUnavailableError, Trouble
from whybounce.gateway.store.hints import Due
from whybounce.gateway.store.identity import Ids
from whybounce.gateway.store.rows import NO_CALLS, Calls
from whybounce.gateway.store.spool import Spool

# What one transaction takes on; the rest waits for the next.
_MOST_OPERATIONS = 256
_MOST_OCTETS = 8 << 20
# Beyond these, callers are told to come back: each holds memory.
_MOST_WAITING = 10_000
# No half of a group fares better while the whole database is like that.
_HOPELESS = (Trouble.READ_ONLY, Trouble.UNREACHABLE)

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


Inserts = Callable[[Table], Any]
"""Gives the INSERT of the database at hand, which knows ON CONFLICT."""


@dataclass(slots=True)
class Transaction:
    """What an operation works with. It is thrown away if the transaction fails."""

    connection: Connection
    insert: Inserts
    ids: Ids
    spool: Spool
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    due: set[Due] = field(default_factory=set)  # What may be due earlier than before, for any node.
    more_here: bool = False  # There may be more mail for this node; others have nothing of it.
    calls: Calls = NO_CALLS


Perform = Callable[[Transaction, Sequence[Argument]], Sequence[Answer | StoreError]]
"""Does the same operation for several callers at once; answers in their order.

A ``StoreError`` among the answers fails its caller alone, and must have changed nothing.
"""


@dataclass(slots=True, eq=False)
class _Work(Generic[Argument, Answer]):
    perform: Perform[Argument, Answer]
    argument: Argument
    octets: int
    future: asyncio.Future[Answer]
    undo: Callable[[], None] | None  # What to clean up where it was certainly not recorded.


@dataclass(frozen=True, slots=True)
class WriterFigures:
    """What the writer has done since it was made, for metrics."""

    waiting: int
    operations: int
    commits: int
    failures: int
    largest_group: int
    trouble: StoreUnavailableError | None  # What the last transaction failed with, if it did.
    damage: StoreUnavailableError | None  # The last damage met: somebody must look at the disk.


class Writer:
    """The thread, its queue, and its supervision."""

    def __init__(
        self,
        engine: Engine,
        *,
        begin: Callable[[Connection], Transaction],
        unavailable: Callable[[Exception], StoreUnavailableError | None],
        something_due: Callable[[Collection[Due]], None],
        tell_others: Callable[[Connection, Collection[Due]], None] = lambda _connection, _due: None,
        committed: Callable[[int, float], None] = lambda _operations, _seconds: None,
    ) -> None:
        """Bind to the running loop.

        ``something_due`` is called in it; ``tell_others``, in the transaction, and ``committed`` are
        called in the thread.
        """
        self._engine = engine
        self._begin = begin
        self._unavailable = unavailable
        self._something_due = something_due
        self._tell_others = tell_others
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Work[Any, Any] | None] = SimpleQueue()
        self._new: list[_Work[Any, Any]] = []  # Not handed over yet.
        self._connection: Connection | None = None
        self._closed = False
        self._handover = threading.Lock()
        self._running = False
        self._thread: threading.Thread | None = None
        self._committing = False
        self._begun: list[_Work[Any, Any]] = []
        self._operations = self._commits = self._failures = self._largest = 0
        self._trouble: StoreUnavailableError | None = None
        self._damage: StoreUnavailableError | None = None

    async def do(
        self,
        perform: Perform[Argument, Answer],
        argument: Argument,
        *,
        octets: int = 0,
        undo: Callable[[], None] | None = None,
    ) -> Answer:
        """Return the operation's answer, once it is durable.

        A caller that is cancelled before the work was begun has done nothing; later, the work may
        have been recorded.

        Raises:
            StoreUnavailableError: It could not be recorded.
            StoreError: What the operation itself says.

        """
        future: asyncio.Future[Answer] = self._loop.create_future()
        work = _Work(perform, argument, octets, future, undo)
        if self._closed:
            _undo(work)
            raise StoreUnavailableError(Trouble.STOPPED, "it is closed")
        if self._queue.qsize() + len(self._new) >= _MOST_WAITING:
            _undo(work)
            raise StoreUnavailableError(Trouble.BUSY, f"{_MOST_WAITING} operations wait")
        if not self._new:
            self._loop.call_soon(self._hand_over)
        self._new.append(work)
        return await future

    async def close(self) -> None:
        """Do what waits, then end."""
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def figures(self) -> WriterFigures:
        """Return how the writer is."""
        return WriterFigures(
            waiting=self._queue.qsize() + len(self._new),
            operations=self._operations,
            commits=self._commits,
            failures=self._failures,
            largest_group=self._largest,
            trouble=self._trouble,
            damage=self._damage,
        )

    def _hand_over(self) -> None:
        """Hand over what is new, to a new thread where the last one has ended."""
        new, self._new = self._new, []
        with self._handover:
            for work in new:
                self._queue.put(work)
            if new and not self._running:
                thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
                thread.start()  # Where the system has none to give, the next to come tries again.
                self._running, self._thread = True, thread

    def _run(self) -> None:
        try:
            while group := self._next_group():
                self._begun = group
                self._commit(group)
                self._begun = []
        finally:
            self._end()

    def _next_group(self) -> list[_Work[Any, Any]]:
        """Wait for work and return all there is, or nothing at the end."""
        group: list[_Work[Any, Any]] = []
        octets = 0
        work = self._queue.get()
        while work is not None:
            if work.future.cancelled():
                _undo(work)
            else:
                group.append(work)
                octets += work.octets
            if len(group) >= _MOST_OPERATIONS or octets >= _MOST_OCTETS:
                return group
            try:
                work = self._queue.get(block=not group)
            except Empty:
                return group
        if group:
            self._queue.put(None)  # The end comes after this group.
        return group

    def _commit(self, group: Sequence[_Work[Any, Any]]) -> None:
        """Do the group in one transaction, or what can be done of it in several."""
        begun = self._loop.time()
        try:
            transaction, answers = self._transact_anew(group)
        except Exception as error:  # noqa: BLE001  # whatever it is, its callers must hear of it
            self._recover(group, error)
            return
        self._committed(len(group), self._loop.time() - begun)
        self._trouble = None
        self._commits += 1
        self._operations += len(group)
        self._largest = max(self._largest, len(group))
        for act in transaction.after_commit:
            act()
        for work in group:
            if isinstance(answers[work], StoreError):
                _undo(work)
        due = transaction.due | ({Due.MAIL} if transaction.more_here else set())
        self._tell(answers, due)

    def _transact_anew(
        self, group: Sequence[_Work[Any, Any]]
    ) -> tuple[Transaction, dict[_Work[Any, Any], Any]]:
        """Do the transaction, a second time where the connection had been lost before its commit.

        Lost in the commit itself, nobody knows whether it happened: that is not done again.
        """
        had_connection = self._connection is not None
        try:
            return self._transact(group)
        except SQLAlchemyError as error:
            unavailable = self._unavailable(error)
            lost = unavailable is not None and unavailable.trouble is Trouble.UNREACHABLE
            if not had_connection or not lost or self._committing:
                raise
        self._disconnect()
        return self._transact(group)

    def _transact(
        self, group: Sequence[_Work[Any, Any]]
    ) -> tuple[Transaction, dict[_Work[Any, Any], Any]]:
        """Return the answers, all of them durable."""
        if self._connection is None:
            self._connection = self._engine.connect()
        transaction = self._begin(self._connection)
        answers: dict[_Work[Any, Any], Any] = {}
        together: dict[Perform[Any, Any], list[_Work[Any, Any]]] = {}
        for work in group:
            together.setdefault(work.perform, []).append(work)
        self._committing = False
        with self._connection.begin():
            for perform, works in together.items():
                given = perform(transaction, [work.argument for work in works])
                answers.update(zip(works, given, strict=True))
            if transaction.due:
                self._tell_others(self._connection, transaction.due)
            self._committing = True
        return transaction, answers

    def _recover(self, group: Sequence[_Work[Any, Any]], error: Exception) -> None:
        """Halve the group where that may help; tell its callers where it does not."""
        unavailable = self._unavailable(error)
        hopeless = unavailable is not None and unavailable.trouble in _HOPELESS
        if unavailable is not None:
            self._trouble = unavailable
            if unavailable.trouble is Trouble.CORRUPT:
                self._damage = unavailable
            if unavailable.trouble is not Trouble.FULL:
                self._disconnect()
        if len(group) > 1 and not hopeless:
            middle = len(group) // 2
            self._commit(group[:middle])
            self._commit(group[middle:])
            return
        self._failures += len(group)
        for work in group:
            _undo(work)
        self._tell({work: _told(error, unavailable) for work in group})

    def _disconnect(self) -> None:
        """Let the connection go; the next transaction makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def _end(self) -> None:
        """Leave nobody waiting. What was begun may have been recorded; the rest has not."""
        self._disconnect()
        begun, self._begun = self._begun, []
        with self._handover:
            self._running = False
            left = list(_drain(self._queue))
        for work in left:
            _undo(work)
        stopped = StoreUnavailableError(Trouble.STOPPED, "its writer has ended")
        if begun:
            self._trouble = stopped
        self._tell({work: _told(stopped, stopped) for work in (*begun, *left)})

    def _tell(self, answers: Mapping[_Work[Any, Any], Any], due: Collection[Due] = ()) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody is there to be told.
            self._loop.call_soon_threadsafe(self._answer, answers, due)

    def _answer(self, answers: Mapping[_Work[Any, Any], Any], due: Collection[Due]) -> None:
        for work, answer in answers.items():
            if work.future.done():
                continue
            if isinstance(answer, Exception):
                work.future.set_exception(answer)
            else:
                work.future.set_result(answer)
        if due:
            self._something_due(due)


def _drain(queue: SimpleQueue[_Work[Any, Any] | None]) -> Iterator[_Work[Any, Any]]:
    with suppress(Empty):
        while True:
            if (work := queue.get_nowait()) is not None:
                yield work


def _undo(work: _Work[Any, Any]) -> None:
    if work.undo is not None:
        work.undo()


def _told(error: Exception, unavailable: StoreUnavailableError | None) -> Exception:
    """Return what one caller hears. Each gets an exception of its own to raise."""
    if unavailable is not None:
        told: Exception = StoreUnavailableError(unavailable.trouble, unavailable.said)
    elif isinstance(error, SQLAlchemyError):
        told = StoreError(f"the queue does not take it: {getattr(error, 'orig', error)}")
    else:
        return error
    told.__cause__ = error
    return told
