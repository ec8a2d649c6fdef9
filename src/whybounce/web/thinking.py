"""Work that takes long, done in other processes: bounded in time, in number, and in who waits.

A short text is answered where it is asked, in a millisecond or two. A long one goes to another
process, because reading holds the interpreter; one that takes too long is ended with its process.
"""

import asyncio
import multiprocessing
import queue
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, ParamSpec

from whybounce.web.problems import ProblemError

_SPAWN = multiprocessing.get_context("spawn")
_P = ParamSpec("_P")

_WORK = "whybounce.web.work"
_SECONDS_TO_START = 60.0

SHORT = 16_384  # Octets that are worked on where they are asked.


class FellOverError(Exception):
    """The work failed through our own fault; says how."""


class Thinking:
    """The processes. They start when they are first needed, and end with ``close``."""

    def __init__(self, processes: int = 2, waiting: int = 16, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._most = processes + waiting
        self._at_work = 0
        self._threads = ThreadPoolExecutor(processes, "thinking")
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()

    async def do(
        self, size: int, work: Callable[_P, bytes], *given: _P.args, **named: _P.kwargs
    ) -> bytes:
        """Return what the work returns. ``size`` is how many octets it is about.

        Raises:
            ProblemError: Too much waits already, it took too long, or the work says what is wrong.
            FellOverError: It failed through our own fault, in another process.

        """
        if size <= SHORT:
            return work(*given, **named)
        if self._at_work >= self._most:
            raise ProblemError("busy")
        self._at_work += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._done, (work, given, named))
        finally:
            self._at_work -= 1

    def prepare(self) -> None:
        """Have a process ready before the first who needs one waits for it; returns at once."""
        self._threads.submit(self._prepare)

    def close(self) -> None:
        """End the processes; what they are doing comes to its end, or to the end of its time."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().end()

    def _prepare(self) -> None:
        if self._idle.empty():
            self._idle.put(_Worker())

    def _done(self, job: object) -> bytes:
        """Have a worker do it; one that is late or has died is not used again."""
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = _Worker()
        try:
            answer = worker.ask(job, self._seconds)
        except BaseException:  # It was late, or it died, or what it said cannot be read.
            worker.end()
            raise
        self._idle.put(worker)
        if isinstance(answer, Exception):
            raise answer
        return bytes(answer)


class _Worker:
    """Another process, which does one thing at a time."""

    def __init__(self) -> None:
        self._pipe, far = _SPAWN.Pipe()
        self._is_ready = False
        self._process = _SPAWN.Process(target=_work, args=(far,), daemon=True)
        self._process.start()
        far.close()
        if not self._pipe.poll(_SECONDS_TO_START):
            self.end()
            raise FellOverError("a process did not start")

    def ask(self, job: object, seconds: float) -> Any:
        """Return the answer, or the error that stands for one."""
        try:
            if not self._is_ready:
                self._pipe.recv()
                self._is_ready = True
            self._pipe.send(job)
            if not self._pipe.poll(seconds):
                raise ProblemError("too-long", {"seconds": f"{seconds:g}"})
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise FellOverError(f"its process ended with {self._process.exitcode}") from error

    def end(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()


def _work(pipe: Connection) -> None:
    """Do what comes until the pipe closes. Ctrl-C is the other process's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_module(_WORK)  # Before anything is timed.
    with closing(pipe):
        pipe.send(b"ready")
        while True:
            try:
                work, given, named = pipe.recv()
            except (EOFError, OSError):
                return
            answer: bytes | Exception
            try:
                answer = work(*given, **named)
            except ProblemError as problem:
                answer = problem
            except Exception as error:  # noqa: BLE001  # told to whoever asked; the process goes on
                answer = FellOverError(f"{type(error).__name__} in {work.__name__}")
            pipe.send(answer)
