"""Files for bodies too large to hold in memory.

With SQLite they stay: synced, file and folder, before the commit that names them; a file that no
row names was never acknowledged and goes at the next start. With PostgreSQL a file only carries a
body on its way into rows.
"""

import errno
import math
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from whybounce.gateway import folders
from whybounce.gateway.store.errors import StoreUnavailableError, Trouble

_TROUBLES = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EFBIG: Trouble.FULL,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EACCES: Trouble.READ_ONLY,
    errno.EPERM: Trouble.READ_ONLY,
    errno.EMFILE: Trouble.BUSY,
    errno.ENFILE: Trouble.BUSY,
}


def body_name(random_bits: Callable[[int], int]) -> str:
    """Return the name of a file that is not there yet, but for a chance nobody meets."""
    return f"{random_bits(64):016x}.eml"


class Spool:
    """A folder of bodies, each file named by chance."""

    def __init__(self, folder: Path | None) -> None:
        """Open the folder, made if need be; None: one that goes away with the spool.

        Raises:
            OSError: It cannot be made.

        """
        self.keeps = folder is not None
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="whybounce-")
        self.folder = folder or Path(self._temporary.name if self._temporary else "")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.keeps:
            folders.sync(self.folder.parent)

    def create(self, name: str) -> BinaryIO:
        """Return a new file to write to."""
        return os.fdopen(
            os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600),
            "wb",
            buffering=0,
        )

    def finish(self, file: BinaryIO) -> None:
        """Close the file; where it stays, after it and its name have reached the disk."""
        with file:
            if self.keeps:
                os.fsync(file.fileno())
        if self.keeps:
            folders.sync(self.folder)

    def open(self, name: str) -> BinaryIO:
        """Return the file to read from.

        Raises:
            FileNotFoundError: It is not there.

        """
        return (self.folder / name).open("rb", buffering=0)

    def remove(self, name: str) -> None:
        """Remove the file; what cannot be removed now goes at the next start."""
        with suppress(OSError):
            (self.folder / name).unlink(missing_ok=True)

    def names(self, before: float = math.inf) -> Iterator[str]:
        """Yield what is there and was last written to before then, in seconds since 1970."""
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # Its message has ended meanwhile.
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and status.st_mtime < before:
                        yield entry.name

    def close(self) -> None:
        """Remove what does not stay."""
        if self._temporary is not None:
            self._temporary.cleanup()


def unavailable(error: OSError) -> StoreUnavailableError:
    """Return what the operating system's complaint means for the store."""
    trouble = _TROUBLES.get(error.errno or 0, Trouble.FAULTY)
    return StoreUnavailableError(trouble, error.strerror or str(error))
