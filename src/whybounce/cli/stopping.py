"""Ctrl-C and SIGTERM, so that what was written is whole.

Rule 1: a write is finished before a signal is obeyed. A second signal waits for nothing.
Rule 2: whoever is stopped by SIGTERM dies of it, once all is closed, so that the system sees why.
"""

import os
import signal
import sys
from types import FrameType, TracebackType
from typing import Self

BY_KEYBOARD = 130  # 128 and the number of SIGINT, as shells say it.


class Stopped(BaseException):
    """Somebody wants the run to end. Like KeyboardInterrupt it is no error."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """While entered, signals raise ``Stopped``; while ``writing`` is entered, after it."""

    def __init__(self) -> None:
        self.writing = _Writing()
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._received)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # it is what signal() returned

    def ignore(self) -> None:
        """Take no more signals: the end has begun, and is short."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def _received(self, number: int, _: FrameType | None) -> None:
        if self.writing.entered and self.writing.waiting is None:
            self.writing.waiting = number
        else:
            raise Stopped(number)


class _Writing:
    """A section that a signal does not cut."""

    def __init__(self) -> None:
        self.entered = False
        self.waiting: int | None = None

    def __enter__(self) -> None:
        self.entered = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.entered = False
        if self.waiting is not None and error is None:
            raise Stopped(self.waiting)


def leave(number: int) -> None:
    """End the process as the signal says; all is closed by now."""
    if number == signal.SIGTERM and sys.platform != "win32":
        sys.stdout.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    sys.exit(BY_KEYBOARD)
