"""The catalogue in one file, because two hundred TOML files take a third of a second to read."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from whybounce.catalogue.loader import Catalogue, load_catalogue

_NAME = "compiled.msgpack"


def compile_catalogue(folder: Path) -> Path:
    """Write the folder's catalogue into one file beside it; return that file.

    Raises:
        CatalogueError: A file of the catalogue is malformed.

    """
    target = folder / _NAME
    target.write_bytes(msgspec.msgpack.encode(load_catalogue(folder)))
    return target


def read_compiled(folder: Path) -> Catalogue | None:
    """Return the compiled catalogue, or None where there is none or a TOML file is newer."""
    target = folder / _NAME
    try:
        written = target.stat().st_mtime_ns
        if any(source.stat().st_mtime_ns > written for source in _sources(folder)):
            return None
        return msgspec.msgpack.decode(target.read_bytes(), type=Catalogue)
    except (OSError, msgspec.MsgspecError):
        return None  # Compiled by another version, or half written: the TOML still holds.


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the TOML files and their folders: a file that went away changes its folder."""
    for part in ("causes", "replies", "codes", "words"):
        yield folder / part
        yield from (folder / part).rglob("*")
