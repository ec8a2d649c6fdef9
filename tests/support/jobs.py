"""Work for other processes; it stands here because they have to find it."""

import os
import time

from whybounce.web.problems import ProblemError


def whose() -> bytes:
    """Return which process this is."""
    return str(os.getpid()).encode()


def sleep(seconds: float) -> bytes:
    """Take that long."""
    time.sleep(seconds)
    return b"slept"


def fail() -> bytes:
    """Fall over."""
    raise ZeroDivisionError("secret words")


def refuse() -> bytes:
    """Say what is wrong with the request."""
    raise ProblemError("no-json", {"what": "x"}, ("y",), "z")


def die() -> bytes:
    """End the process as the kernel does when there is no memory."""
    os.kill(os.getpid(), 9)
    return b""


class UnreadableError(ProblemError):
    """One that another process cannot make anew."""

    def __reduce__(self) -> tuple:
        """Name what raises instead."""
        return {}.__getitem__, ("nothing",)


def say_what_nobody_can_read() -> bytes:
    """Refuse, in an answer that raises where it is read."""
    raise UnreadableError("no-json")
