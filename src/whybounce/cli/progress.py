"""How far a run is: a bar with rate and time left, on standard error, on a terminal only.

Time left is told by bytes, because how many mails there are shows only at the end.
"""

import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from whybounce.sources import STANDARD_INPUT, Mail, files

_EVERY = 0.1  # Seconds: faster than anybody reads.


class Progress:
    """Counts bytes as they are read and mails as they are answered, and shows both, or nothing."""

    def __init__(self, paths: Sequence[str], *, shown: bool) -> None:
        self._paths = paths
        self._shown = shown
        self._bytes = self._mails = 0
        self._started = self._said = time.monotonic()
        self._bar: Any = None

    def opened(self, path: str) -> io.BufferedReader:
        """Open the file so that what is read of it counts."""
        if not self._shown:
            return Path(path).open("rb")
        return io.BufferedReader(_Counted(path, self))

    def read(self, size: int) -> None:
        """Count bytes that were read."""
        self._bytes += size

    def answered(self) -> None:
        """Count a mail that was answered."""
        self._mails += 1
        if self._bar is not None and time.monotonic() - self._said > _EVERY:
            self._say()

    def __enter__(self) -> Self:
        """Begin to show it."""
        if not self._shown:
            return self
        from rich import progress  # noqa: PLC0415  # rich is 40 ms
        from rich.console import Console  # noqa: PLC0415  # likewise

        self._bar = progress.Progress(
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[mails]}"),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._started = time.monotonic()
        self._task = self._bar.add_task("", total=_size(self._paths), mails="")
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Show the last of it."""
        if self._bar is not None:
            self._say()
            self._bar.stop()

    def _say(self) -> None:
        self._said = time.monotonic()
        rate = self._mails / max(self._said - self._started, 0.001)
        shown = f"{self._mails:,} mails, {rate:,.0f}/s"
        self._bar.update(self._task, completed=self._bytes, mails=shown)


def on_a_terminal(*, shows_mails: bool) -> bool:
    """Say whether there is a terminal for a bar, and no answers scroll through it."""
    return sys.stderr.isatty() and not (shows_mails and sys.stdout.isatty())


class _Counted(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: str, progress: Progress) -> None:
        super().__init__(path)
        self._progress = progress

    def readinto(self, buffer: Any, /) -> int | None:
        size = super().readinto(buffer)
        self._progress.read(size or 0)
        return size


def _size(paths: Sequence[str]) -> int | None:
    """Return how many bytes there are to read; None where nobody knows."""
    if STANDARD_INPUT in paths:
        return None
    total = 0
    for path in paths:
        for file in files(path):
            try:
                total += 0 if isinstance(file, Mail) else Path(file).stat().st_size
            except OSError:
                continue  # It becomes a row that says why.
    return total
