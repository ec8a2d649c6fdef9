"""Commands that run beside a test, and end with it."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def beside(*words: str, seconds: float = 120, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a command, its output to be read; it is killed where the test fails, or takes longer than that."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **more)  # noqa: S603  # our own
    late = threading.Timer(seconds, process.kill)
    late.start()
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:
        late.cancel()
