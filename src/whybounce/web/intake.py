"""What may be sent: how large, how slowly, how much at once. The whole body is here or a refusal.

Rule 1: a body stands in memory before any route sees it, so what all of them hold together is
bounded here: ``_MOST_LARGE`` bodies of ``MOST_OCTETS``.
Rule 2: a small body is nobody's burden and is not counted.
Rule 3: of what is too large a part is swallowed before it is refused, because a browser that is
still sending does not show the refusal.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whybounce.web.problems import ProblemError
from whybounce.web.submitted import beginning

WHOLE = "whybounce.whole"  # In the scope, where the server has the whole request already.

MOST_OCTETS = 25 * 1024 * 1024
_SWALLOWED = 8 * MOST_OCTETS
_LARGE = 65_536
_PIECES_KEPT = 8  # Of what is too large, for the box of the page that says so.
_MOST_LARGE = 12
_MOST_LARGE_OF_ONE = 4
_SECONDS_BETWEEN = 10.0  # For the next piece of a body.
_SECONDS_FOR_ALL = 120.0


class Intake:
    """Takes bodies in, and hands each request on with its whole body."""

    def __init__(self, app: ASGIApp, refused: Callable[[Scope, ProblemError], ASGIApp]) -> None:
        self._app = app
        self._refused = refused
        self._large: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        announced = _announced(scope)
        try:
            if 0 <= announced <= _LARGE:
                is_here = scope.get(WHOLE, False)
                body = await (in_one_piece(receive) if is_here else _received(receive, _LARGE))
                await self._app(scope, _again(body, receive), send)
                return
            with self._counted(client_of(scope)):
                _refuse_if_too_large(announced, waits=_waits_for_leave(scope))
                body = await _received(receive, MOST_OCTETS, content_type(scope))
                await self._app(scope, _again(body, receive), send)
        except ProblemError as problem:  # What a route refuses is answered further in.
            await self._refused(scope, problem)(scope, receive, send)

    @contextmanager
    def _counted(self, client: str) -> Iterator[None]:
        """Count a large body while it is here."""
        if self._large[client] >= _MOST_LARGE_OF_ONE:
            raise ProblemError("too-many")
        if self._large.total() >= _MOST_LARGE:
            raise ProblemError("busy")
        self._large[client] += 1
        try:
            yield
        finally:
            self._large[client] -= 1
            if not self._large[client]:
                del self._large[client]


def _announced(scope: Scope) -> int:
    """Return how many octets are said to come, or -1 where that is not said."""
    written = field(scope, b"content-length")
    return int(written) if written.isdigit() else -1


def _waits_for_leave(scope: Scope) -> bool:
    """Say whether the client sends nothing before it is told to: RFC 9110 §10.1.1."""
    return any(name == b"expect" for name, _ in scope["headers"])


def _refuse_if_too_large(announced: int, *, waits: bool) -> None:
    if announced > _SWALLOWED or (announced > MOST_OCTETS and waits):
        raise too_large()


def too_large(kept: str = "") -> ProblemError:
    """Return the refusal of what is too large; ``kept`` is its beginning, for the box."""
    return ProblemError("too-large", {"limit": str(MOST_OCTETS // 1024**2)}, kept=kept)


async def in_one_piece(receive: Receive) -> bytes:
    """Return a body that is here already, as every one is behind ``Intake``; no clock is set."""
    message = await receive()
    return bytes(message.get("body", b""))


async def _received(receive: Receive, most: int, content_type: str = "") -> bytes:
    """Return the whole body.

    Raises:
        ProblemError: It is too large, or stops coming.

    """
    pieces: list[bytes] = []
    size = 0
    clock = asyncio.get_running_loop().time
    last = clock() + _SECONDS_FOR_ALL
    try:
        async with asyncio.timeout(_SECONDS_BETWEEN) as patience:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    break
                piece = message.get("body", b"")
                size += len(piece)
                if size <= most:
                    pieces.append(piece)
                elif size > _SWALLOWED:
                    break
                if not message.get("more_body", False):
                    break
                patience.reschedule(min(clock() + _SECONDS_BETWEEN, last))
    except TimeoutError:
        raise ProblemError("too-slow") from None
    if size > most:
        raise too_large(beginning(content_type, b"".join(pieces[:_PIECES_KEPT])))
    return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the whole body, then what comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return left.pop() if left else await receive()

    return given


def field(scope: Scope, name: bytes) -> bytes:
    """Return what the request's header says, the name being in lower case; empty where nothing."""
    for each, value in scope["headers"]:
        if each == name:
            return bytes(value)
    return b""


def content_type(scope: Scope) -> str:
    """Return what the body is said to be; empty where that is not said."""
    return field(scope, b"content-type").decode("latin-1")


def client_of(scope: Scope) -> str:
    """Return who asks: an address; of IPv6, the network that one household has."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return host
