"""A socket by which the command line reaches the running gateway: a line asks, a line answers.

A SQLite queue belongs to one process, so what operates on it while it runs must go through that
process. Only the user that runs the gateway, and root, can open the socket; the kernel says who
asks, and that name stands in the events.
"""

import asyncio
import contextlib
import logging
import os
import pwd
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from whybounce.gateway.operating.requests import (
    LONGEST_REQUEST,
    Answer,
    Draining,
    Refused,
    Request,
    read_answer,
    read_request,
    written,
)

_log = logging.getLogger(__name__)

_MOST = 16  # Who can ask at one time.
_PATIENCE = 10.0  # Seconds in which a line must have come, or be read.
_LONGEST_PATH = 100  # Octets; the kernel takes 108.
_PIECE = 1 << 16

Answering = Callable[[Request, str], Awaitable[Answer]]
"""Does what is asked, by whom; returns what came of it."""


class ChannelError(Exception):
    """The running gateway cannot be reached, or cannot be spoken to. Says why in one sentence."""


class NobodyThereError(ChannelError):
    """No gateway listens there."""


@asynccontextmanager
async def listening(path: Path, answer: Answering) -> AsyncIterator[None]:
    """Answer at the socket until the end; those who wait for the end are let go last.

    Raises:
        OSError: The socket cannot be made, or another gateway has it.

    """
    over = asyncio.Event()
    free = asyncio.Semaphore(_MOST)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with free:
                await _converse(reader, writer, answer, over)
        except (OSError, TimeoutError, ValueError) as error:
            _log.info("a command went away: %s", error)
        finally:
            writer.close()

    with _socket(path) as bound:
        server = await asyncio.start_unix_server(serve, sock=bound, limit=LONGEST_REQUEST)
        try:
            yield
        finally:
            over.set()
            server.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await server.wait_closed()


async def _converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    answer: Answering,
    over: asyncio.Event,
) -> None:
    async with asyncio.timeout(_PATIENCE):
        line = await reader.readline()
    if not line:
        return
    request = read_request(line)
    if isinstance(request, Refused):
        said: Answer = request
    else:
        said = await _answered(answer, request, _peer(writer))
    writer.write(written(said))
    async with asyncio.timeout(_PATIENCE):
        await writer.drain()
    if isinstance(said, Draining):
        await over.wait()


async def _answered(answer: Answering, request: Request, by: str) -> Answer:
    try:
        return await answer(request, by)
    except Exception as error:  # noqa: BLE001  # the gateway goes on, and who asked is told
        _log.exception("an operator's request failed")
        return Refused(why=f"something went wrong that is our fault ({type(error).__name__})")


def _peer(writer: asyncio.StreamWriter) -> str:
    """Return the name of the user at the other end, as the kernel has it."""
    at = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return user_name(os.getuid())  # Nobody else but root can open the socket.
    octets = at.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return user_name(struct.unpack("3i", octets)[1])


def user_name(number: int) -> str:
    """Return the name of the user with the number."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


@contextmanager
def _socket(path: Path) -> Iterator[socket.socket]:
    """Make the socket, for its owner alone; one that a dead gateway left is removed."""
    with contextlib.suppress(NobodyThereError):
        _connect(path).close()
        raise OSError(98, "another gateway answers there")
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(OSError):  # Linux makes the file with these rights.
            os.fchmod(bound.fileno(), 0o600)
        with _short(path) as name:
            bound.bind(name)
        path.chmod(0o600)
        try:
            yield bound
        finally:
            path.unlink(missing_ok=True)
    finally:
        bound.close()


def _connect(path: Path) -> socket.socket:
    at = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as name:
            at.connect(name)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        at.close()
        raise NobodyThereError(f"no gateway runs on {path.parent}") from error
    except PermissionError as error:
        at.close()
        raise ChannelError(
            f"{path} may not be opened by {user_name(os.geteuid())};"
            " run this as the user that runs the gateway"
        ) from error
    except OSError as error:
        at.close()
        raise ChannelError(f"{path} cannot be opened: {error.strerror}") from error
    return at


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Yield a name of the path that fits into a socket's address."""
    if len(os.fsencode(path)) <= _LONGEST_PATH or not Path("/proc/self/fd").is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def knock(path: Path) -> None:
    """Find out whether a gateway listens.

    Raises:
        NobodyThereError: None does.
        ChannelError: It cannot be reached.

    """
    _connect(path).close()


def ask(path: Path, request: Request, *, until_over: bool = False) -> Answer:
    """Ask the gateway that listens at the path; return what it answers.

    Args:
        path: The socket.
        request: What is wanted.
        until_over: Whether to wait, after the answer, until the gateway has ended.

    Raises:
        NobodyThereError: No gateway listens there.
        ChannelError: It cannot be reached, or went away.

    """
    with _connect(path) as at:
        try:
            at.sendall(written(request))
            line = _line(at)
            if until_over and isinstance(read_answer(line), Draining):
                while at.recv(_PIECE):
                    pass
        except OSError as error:
            raise ChannelError(f"the gateway went away: {error.strerror}") from error
    if not line.endswith(b"\n"):
        raise ChannelError("the gateway went away before it had answered")
    return read_answer(line)


def _line(at: socket.socket) -> bytes:
    pieces = []
    while piece := at.recv(_PIECE):
        pieces.append(piece)
        if piece.endswith(b"\n"):
            break
    return b"".join(pieces)
