"""Folders whose names are on the disk before anything in them is promised.

A synced file in a folder that the disk does not know is lost with the folder.
"""

import os
from pathlib import Path


def make(folder: Path, mode: int = 0o777) -> None:
    """Make the folder, and those above it that are missing; return when the disk has their names.

    Raises:
        OSError: One cannot be made.

    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=mode if each == folder else 0o777, exist_ok=True)
        sync(each.parent)
    folder.mkdir(exist_ok=True)  # Says what is wrong where it is there and no folder.


def sync(folder: Path) -> None:
    """Return when the disk has the names that are in the folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
