"""Which mails were read already: a file that outlives the process and does not grow for ever.

The first line says what the file is; below it stands one name a line, as JSON. A name is added
when its mail's answer is out. A line that a crash cut short is as good as none.
"""

import json
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from whybounce.cli.refusal import Refusal

_HEAD = b"whybounce: mails that read --watch has read\n"
_ALWAYS_KEPT = 1_000  # Lines below which it is not written anew.


class Seen:
    """The names that were read, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._gone: set[str] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _opened(path)
            self._names = self._read()
        except OSError as error:
            raise Refusal(f"--state {path}: cannot be used: {error.strerror or error}") from None
        self._lines = len(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Keep the name, before anything else happens."""
        self._names.add(name)
        self._lines += 1
        self._file.write(_line(name))
        self._file.flush()

    def forget_all_but(self, there: Collection[str]) -> None:
        """Forget names that are there no more, twice in a row: a mail may be on its way."""
        gone = self._names - set(there)
        self._names -= gone & self._gone
        self._gone = gone & self._names
        if self._lines > _ALWAYS_KEPT + 2 * len(self._names):
            self._write_anew()

    def close(self) -> None:
        """Close the file, and leave it to whoever comes next."""
        self._file.close()

    def _read(self) -> set[str]:
        lines = self._file.readlines()
        if not lines:
            self._file.write(_HEAD)
            self._file.flush()
        elif lines[0] != _HEAD:
            self._file.close()
            raise Refusal(f"--state {self._path}: is a file of something else; name another")
        elif not lines[-1].endswith(b"\n"):
            self._file.truncate(self._file.tell() - len(lines.pop()))
        return {_name(line) for line in lines[1:]}

    def _write_anew(self) -> None:
        """Write what is still known beside the file, and put it in its place."""
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        file = _opened(beside)
        file.write(_HEAD + b"".join(map(_line, sorted(self._names))))
        file.flush()
        os.fsync(file.fileno())
        beside.replace(self._path)
        self._file.close()
        self._file = file
        self._lines = len(self._names)


def _opened(path: Path) -> BinaryIO:
    """Open the file for this process alone.

    Raises:
        Refusal: Another process has it.

    """
    while True:
        file = path.open("a+b")
        file.seek(0)
        if sys.platform == "win32":
            return file
        import fcntl  # noqa: PLC0415  # Windows has none

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise Refusal(
                f"--state {path}: another --watch uses it; end that one, or name another file"
            ) from None
        if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
            return file
        file.close()  # It was written anew in between.


def _line(name: str) -> bytes:
    return json.dumps(name).encode("ascii") + b"\n"


def _name(line: bytes) -> str:
    try:
        return str(json.loads(line))
    except ValueError:
        return ""  # Nothing that a mail is called.
