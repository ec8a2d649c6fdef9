"""Where the demonstration that runs on this machine listens, and where its mailboxes are.

It leaves a note in a folder of this user's own, named after its submission port; whoever wants to
provoke something reads it there. A note of one that is gone leads nowhere, and does no harm.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a client needs to know of a demonstration. Ports are of 127.0.0.1."""

    inbound: int
    submission: int
    programs: int
    mailboxes: Path


class _Note(msgspec.Struct):
    inbound: int
    submission: int
    mailboxes: str
    programs: int = 0


def find(submission: int) -> Whereabouts | None:
    """Return what the demonstration at that port wrote down; None where none did."""
    folder = _folder()
    if not _is_ours(folder):
        return None
    try:
        note = msgspec.json.decode((folder / f"{submission}.json").read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError):
        return None
    return Whereabouts(note.inbound, note.submission, note.programs, Path(note.mailboxes))


@contextmanager
def noted(where: Whereabouts) -> Iterator[None]:
    """Leave a note for as long as this lasts; where the folder cannot be had, none."""
    folder = _folder()
    file = folder / f"{where.submission}.json"
    note = _Note(where.inbound, where.submission, str(where.mailboxes), where.programs)
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        if _is_ours(folder):
            file.write_bytes(msgspec.json.encode(note))
    try:
        yield
    finally:
        with suppress(OSError):
            if _is_ours(folder):
                file.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"whybounce-{_user()}"


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _is_ours(folder: Path) -> bool:
    """Whether the folder is this user's and closed to others: temporary folders are everybody's."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    closed = os.name == "nt" or not stat.S_IMODE(found.st_mode) & 0o022
    return stat.S_ISDIR(found.st_mode) and found.st_uid == _user() and closed
