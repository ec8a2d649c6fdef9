"""``--watch``: mails of a Maildir as they arrive, each once, also across restarts.

Rule 1: a mail is known by the part of its name that does not change when it is moved from ``new``
to ``cur`` or gets a flag.
Rule 2: it counts as read when its answer is out. A crash in between shows it a second time, never
not at all.
Rule 3: nothing is moved and nothing is marked: the Maildir is its owner's.
"""

import hashlib
import os
import re
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import typer

from whybounce.cli.refusal import Refusal
from whybounce.cli.seen import Seen
from whybounce.sources import Mail, mails, nothing_there

_EVERY = 1.0  # Seconds between two looks; a look at a Maildir where nothing changed is two calls.
_SETTLED = 2 * 10**9  # Nanoseconds: no file system's times are coarser.
_FOLDERS = ("new", "cur")
_INFO = re.compile(r"[:;!]2,[A-Za-z,]*$")  # Flags, and what stands before them on other systems.


class Watch:
    """A Maildir that is looked at again and again."""

    def __init__(self, maildir: Path, state: Path | None = None) -> None:
        if not all((maildir / folder).is_dir() for folder in _FOLDERS):
            raise Refusal(f"--watch {maildir}: is no Maildir; one has the folders new, cur and tmp")
        self._maildir = maildir
        self._seen = Seen(state or _state_of(maildir))
        self._answering: str | None = None  # The name that is read once this answer is out.
        self._unchanged: list[int] | None = None
        self._complained = False

    def mails(self) -> Generator[Mail]:
        """Yield mails as they arrive, without end; ``written`` is to be called after each."""
        try:
            while True:
                for name, path in self._new_ones():
                    yield from self._in_file(name, path)
                time.sleep(_EVERY)
        finally:
            self._seen.close()

    def written(self) -> None:
        """Remember that the answer to the mail is out."""
        if self._answering is not None:
            self._seen.add(self._answering)

    def _in_file(self, name: str, path: str) -> Iterator[Mail]:
        held: Mail | None = None
        for mail in mails([path]):
            if nothing_there(mail):
                return  # It was moved from new to cur just now, and will be found there.
            if held is not None:
                self._answering = None
                yield held
            held = mail
        if held is not None:
            self._answering = name
            yield held

    def _new_ones(self) -> list[tuple[str, str]]:
        """Return names and paths of the mails that were not read, in the order they came."""
        try:
            changed = [(self._maildir / folder).stat().st_mtime_ns for folder in _FOLDERS]
            if changed == self._unchanged:
                return []
            settled = max(changed) < time.time_ns() - _SETTLED
            there = self._listed()
        except OSError as error:
            self._complain(error)
            return []
        self._complained = False
        self._unchanged = changed if settled else None
        self._seen.forget_all_but(there)
        return sorted((name, path) for name, path in there.items() if name not in self._seen)

    def _listed(self) -> dict[str, str]:
        there: dict[str, str] = {}
        for folder in _FOLDERS:
            with os.scandir(self._maildir / folder) as entries:
                there.update((_INFO.sub("", entry.name), entry.path) for entry in entries)
        return there

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            typer.echo(
                f"whybounce: {self._maildir} cannot be looked at ({error.strerror}); trying on",
                err=True,
            )


def _state_of(maildir: Path) -> Path:
    """Return where it is remembered what was read of the Maildir. XDG Base Directory 0.8."""
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    resolved = maildir.resolve()
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:16]
    return Path(home).expanduser() / "whybounce" / "watch" / f"{resolved.name}-{digest}"
