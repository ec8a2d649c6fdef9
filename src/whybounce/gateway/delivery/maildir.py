"""Mail put into a Maildir: written to tmp, synced, then moved to new, so that no reader sees half.

RFC 5321 §4.4: final delivery writes down the return path. Delivered-To tells which of a person's
addresses it came by.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from whybounce.gateway import folders
from whybounce.gateway.delivery.attempts import Obstacle
from whybounce.gateway.delivery.destinations import Maildir
from whybounce.gateway.threads import to_its_end

_SUBFOLDERS = ("tmp", "new", "cur")
_READABLE = 0o600
_OPEN_TO_OWNER = 0o700

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Delivering:
    """What the mailbox's owner shall see of the envelope."""

    return_path: str  # Empty: the null return path.
    delivered_to: str
    name: str  # The file's: nobody else's in this folder, ever. ``unique_name`` makes one.


def unique_name(*, seconds: float, message: str, number: int, chance: int, host: str) -> str:
    """Return a file's name by the Maildir convention: time, what is unique in it, host."""
    safe = host.replace("/", "\\057").replace(":", "\\072")
    return f"{int(seconds)}.Q{message}N{number}R{chance:08x}.{safe}"


async def deliver(
    maildir: Maildir, pieces: AsyncIterable[bytes], size: int, delivering: Delivering
) -> Obstacle | None:
    """Put the message there; return what stood in the way. What reading raises passes through."""
    header = _header(delivering)
    try:
        obstacle = await _in_thread(lambda: _prepare(maildir, size + len(header)))
        if obstacle is not None:
            return obstacle
        await _write(maildir.folder, header, pieces, delivering.name)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        evidence = f"{maildir.folder}: {'the disk is full' if full else error.strerror or error}"
        return Obstacle("local-delivery-failed", evidence)
    return None


def _header(delivering: Delivering) -> bytes:
    written = (
        f"Return-Path: <{delivering.return_path}>\r\nDelivered-To: {delivering.delivered_to}\r\n"
    )
    return written.encode()


def _prepare(maildir: Maildir, size: int) -> Obstacle | None:
    for name in _SUBFOLDERS:
        folders.make(maildir.folder / name, _OPEN_TO_OWNER)
    if maildir.quota is None:
        return None
    held = octets_in(maildir.folder)
    if held + size <= maildir.quota:
        return None
    evidence = f"{held} of {maildir.quota} octets are used, and the message has {size}"
    return Obstacle("mailbox-full", evidence, permanent=True, limit=maildir.quota)


def octets_in(folder: Path) -> int:
    """Return the octets of all its messages: none where there is no mailbox yet.

    Raises:
        OSError: It cannot be read.

    """
    return sum(_sizes(folder))


def _sizes(folder: Path) -> Iterator[int]:
    for name in ("new", "cur"):
        with suppress(FileNotFoundError), os.scandir(folder / name) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # Its reader moves mail while we count.
                    yield entry.stat(follow_symlinks=False).st_size


async def _write(folder: Path, header: bytes, pieces: AsyncIterable[bytes], name: str) -> None:
    temporary = folder / "tmp" / name
    with _removed_unless_moved(temporary), ExitStack() as opened:
        file = await _in_thread(lambda: opened.enter_context(_create(temporary)))
        await _in_thread(lambda: file.write(_local(header)))
        held = b""
        async for piece in pieces:
            # A line end may be cut in two.
            octets = held + piece
            held = b"\r" if octets.endswith(b"\r") else b""
            whole = _local(octets.removesuffix(b"\r"))
            await _in_thread(partial(file.write, whole))
        finishing = _begun(lambda: _finish(file, held, temporary, folder / "new" / name))
        with suppress(asyncio.CancelledError):  # It is there now, and would be put there again.
            await to_its_end(finishing)
        finishing.result()


def _begun(act: Callable[[], Result]) -> "asyncio.Future[Result]":
    return asyncio.ensure_future(asyncio.to_thread(act))


async def _in_thread(act: Callable[[], Result]) -> Result:
    return await to_its_end(_begun(act))


def _local(octets: bytes) -> bytes:
    """Return the octets with the line ends of a file: readers of Maildirs expect LF."""
    return octets.replace(b"\r\n", b"\n")


def _create(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READABLE)
    return os.fdopen(descriptor, "wb")


def _finish(file: BinaryIO, held: bytes, temporary: Path, final: Path) -> None:
    """Make it durable, then visible, then durably visible."""
    file.write(held)
    file.flush()
    os.fsync(file.fileno())
    temporary.rename(final)
    folders.sync(final.parent)


@contextmanager
def _removed_unless_moved(temporary: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(OSError):
            temporary.unlink()
