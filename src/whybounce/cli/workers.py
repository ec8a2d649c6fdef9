"""Mails answered by several processes, in the order they came.

Rule 1: few mails wait at a time, however many there are: a batch for each worker, one at hand, and
those whose turn has not come because an earlier one takes longer.
Rule 2: a mail that ends its process is a row that says so. Its batch is read again, one mail at a
time, by a fresh process.
Rule 3: workers end when this process does, however it ends: their pipe closes.
"""

import gc
import multiprocessing
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from typing import Self

from whybounce.cli.answering import Answer, Answerer, Asked
from whybounce.sources import Mail

_LARGEST_BATCH = 64  # Mails: some 20 ms of work.
_LONGEST_BATCH = 1024**2  # Bytes, unless one mail is longer.
_MOST_AHEAD = 4  # Batches for each worker that may be done before their turn.
_MOST_DEATHS = 20  # In a row, without one answer: then it is not the mails.

# Workers share nothing with this process by accident. Where systems can, they are forked from one
# that has imported what they need.
if sys.platform == "win32":
    _START = multiprocessing.get_context("spawn")
else:
    _START = multiprocessing.get_context("forkserver")
    _START.set_forkserver_preload(["whybounce.cli.workers", "whybounce.reading"])

Batch = list[Mail]


class WorkersDieError(Exception):
    """No process lives long enough to answer anything."""


def in_order(found: Iterator[Mail], asked: Asked, jobs: int) -> Generator[Answer]:
    """Yield the mails' answers in their order, made by as many processes; one is this one.

    Raises:
        WorkersDieError: Something is wrong with all processes.

    """
    if jobs == 1:
        yield from map(Answerer(asked).answer, found)
        return
    batches = _batches(found)
    few = list(islice(batches, 2))
    if len(few) < 2:  # Before a worker has started, these are done.
        yield from map(Answerer(asked).answer, chain(*few))
        return
    with _Crew(asked, jobs) as crew:
        yield from crew.answers(chain(few, batches))


def _batches(found: Iterator[Mail]) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for mail in found:
        batch.append(mail)
        size += len(mail.raw or b"")
        if len(batch) == _LARGEST_BATCH or size > _LONGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Worker:
    """Another process, and the batch it has in hand."""

    def __init__(self, asked: Asked) -> None:
        self.pipe, far = _START.Pipe()
        self._process = _START.Process(target=_work, args=(far, asked), daemon=True)
        with _no_interrupt():
            self._process.start()
        far.close()
        self.number = -1
        self.batch: Batch = []

    def take(self, number: int, batch: Batch) -> None:
        """Hand the batch over."""
        self.number, self.batch = number, batch
        self.pipe.send(batch)

    def end(self) -> int | None:
        """Let the process end, and return its exit code: negative, a signal."""
        self.pipe.close()
        self._process.join(timeout=2)
        self._process.kill()
        self._process.join()
        return self._process.exitcode


class _Crew:
    """The workers. They are started as there is work for them."""

    def __init__(self, asked: Asked, jobs: int) -> None:
        self._asked = asked
        self._jobs = jobs
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, _Worker] = {}
        self._done: dict[int, list[Answer]] = {}
        self._deaths = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in (*self._idle, *self._busy.values()):
            worker.pipe.close()  # All at once, so that they end together.
        for worker in (*self._idle, *self._busy.values()):
            worker.end()

    def answers(self, batches: Iterator[Batch]) -> Iterator[Answer]:
        """Yield what the workers answer, in the order of the batches."""
        numbered = enumerate(batches)
        at_hand = next(numbered, None)
        due = 0
        while at_hand is not None or self._busy or self._done:
            while at_hand is not None and self._may_take(at_hand[0] - due):
                self._hand_out(*at_hand)
                at_hand = next(numbered, None)
            while (answers := self._done.pop(due, None)) is not None:
                due += 1
                yield from answers
            if self._busy and due not in self._done:
                self._collect()

    def _may_take(self, ahead: int) -> bool:
        free = bool(self._idle) or len(self._busy) < self._jobs
        return free and ahead < _MOST_AHEAD * self._jobs

    def _hand_out(self, number: int, batch: Batch) -> None:
        worker = self._idle.pop() if self._idle else _Worker(self._asked)
        self._busy[worker.pipe] = worker
        try:
            worker.take(number, batch)
        except OSError:  # It died while it was idle, or of the first bytes of the batch.
            self._recover(worker)

    def _collect(self) -> None:
        """Wait for an answer and take all there are."""
        for pipe in wait(list(self._busy)):
            worker = self._busy[pipe]  # type: ignore[index]  # wait() returns what it was given
            try:
                self._done[worker.number] = worker.pipe.recv()
            except (EOFError, OSError):
                self._recover(worker)
            else:
                self._deaths = 0
                del self._busy[worker.pipe]
                self._idle.append(worker)

    def _recover(self, dead: _Worker) -> None:
        """Have a fresh worker read the dead one's batch, one mail at a time."""
        del self._busy[dead.pipe]
        number, batch = dead.number, dead.batch
        answers: list[Answer] = []
        self._bury(dead)
        for mail in batch:
            worker = self._idle.pop() if self._idle else _Worker(self._asked)
            try:
                worker.take(number, [mail])
                answers += worker.pipe.recv()
            except (EOFError, OSError):
                how = f"its process ended with exit code {self._bury(worker)}"
                answers.append(Answerer(self._asked).failed(mail, how))
            else:
                self._deaths = 0
                self._idle.append(worker)
        self._done[number] = answers

    def _bury(self, dead: _Worker) -> int | None:
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            raise WorkersDieError
        return dead.end()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back, so that a process started here is born deaf to it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, asked: Asked) -> None:
    """Answer batches until the pipe closes. Ctrl-C is the other process's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answerer = Answerer(asked)
    gc.freeze()  # It stays: the collector need not look through it.
    with closing(pipe):
        while True:
            try:
                batch: Batch = pipe.recv()
                pipe.send([answerer.answer(mail) for mail in batch])
            except (EOFError, OSError):
                return
