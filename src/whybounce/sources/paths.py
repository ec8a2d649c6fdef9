"""Files, folders, Maildirs and standard input, each file once and in the order of names.

Rule 1: nothing is left out silently. In a Maildir mails stand in ``cur`` and ``new``; ``tmp`` and
the server's own files beside them hold none. The file that the answers go to is no mail either.
Rule 2: a folder is entered once, so links that lead in circles end.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

from whybounce.sources.kinds import mails_in
from whybounce.sources.mail import Mail, unreadable

STANDARD_INPUT = "-"

_NO_MAIL = "no mail in this folder"
_NO_FILE = "no such file or folder"

Open = Callable[[str], BufferedReader]


def _open(path: str) -> BufferedReader:
    return Path(path).open("rb")


def mails(
    paths: Sequence[str], opened: Open = _open, written: os.stat_result | None = None
) -> Iterator[Mail]:
    """Yield every mail at the paths, in order; what cannot be read is a row that says why.

    Args:
        paths: Files and folders; ``-`` is standard input.
        opened: Opens a file, for whoever wants to count what is read.
        written: The file that the answers go to; in a folder it is no mail.

    """
    for path in paths:
        if path == STANDARD_INPUT:
            yield from mails_in(STANDARD_INPUT, cast("BufferedReader", sys.stdin.buffer))
            continue
        for file in files(path):
            if isinstance(file, Mail):
                yield file
            elif file == path or not _is(file, written):
                yield from _in_file(file, opened)


def files(path: str) -> Iterator[str | Mail]:
    """Yield the file, or all files below the folder in order; what is no file as a row."""
    if not Path(path).is_dir():
        yield path
        return
    empty = True
    for file in _below(path):
        empty = False
        yield file
    if empty:
        yield unreadable(name(path), _NO_MAIL)


def nothing_there(mail: Mail) -> bool:
    """Say whether the row stands for a path that does not exist, or an empty folder."""
    return mail.raw is None and mail.defects[0].what in {_NO_MAIL, _NO_FILE}


def name(path: str) -> str:
    r"""Return the path as it can be shown and stored: bytes that are no UTF-8 stand as ``\xe9``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _in_file(path: str, opened: Open) -> Iterator[Mail]:
    try:
        file = opened(path)
    except OSError as error:
        yield _closed(path, error)
        return
    with file:
        yield from mails_in(name(path), file)


def _is(path: str, other: os.stat_result | None) -> bool:
    if other is None:
        return False
    try:
        return os.path.samestat(Path(path).stat(), other)
    except OSError:
        return False  # Opening it says why.


def _below(folder: str) -> Iterator[str | Mail]:
    """Walk the folder without recursion: how deep it goes is a stranger's choice."""
    entered: set[tuple[int, int]] = set()
    waiting = [_entries(folder, entered)]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif isinstance(entry, _Folder):
            waiting.append(_entries(entry.path, entered))
        else:
            yield entry


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str


def _entries(folder: str, entered: set[tuple[int, int]]) -> Iterator[str | _Folder | Mail]:
    """Yield what stands in the folder in the order of names; in a Maildir, where mails can be."""
    try:
        status = Path(folder).stat()
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield _closed(folder, error)
        return
    if (status.st_dev, status.st_ino) in entered:
        yield unreadable(name(folder), "a link to a folder that was read already")
        return
    entered.add((status.st_dev, status.st_ino))
    maildir = {"cur", "new"} <= {entry.name for entry in entries}
    for entry in entries:
        found = _what_it_is(entry)
        if not maildir or (isinstance(found, _Folder) and entry.name != "tmp"):
            yield found


def _what_it_is(entry: os.DirEntry[str]) -> str | _Folder | Mail:
    try:
        if entry.is_dir():
            return _Folder(entry.path)
        if entry.is_file():
            return entry.path
        entry.stat()  # Raises where a link leads nowhere.
    except OSError as error:
        return _closed(entry.path, error)
    return unreadable(name(entry.path), "not a file: a pipe, a socket or a device")


def _closed(path: str, error: OSError) -> Mail:
    missing = isinstance(error, FileNotFoundError)
    return unreadable(name(path), _NO_FILE if missing else f"cannot be opened: {error.strerror}")
