"""Health and metrics by HTTP: two pages, read by load balancers and by Prometheus.

Each answer is given in a bounded time, and no more than a few at once; mail goes on beside them.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from whybounce.gateway.operating.health import Health, Standing

_MOST = 32  # Connections; whoever comes after them gets 503.
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def pages(
    health: Callable[[], Awaitable[Health]], metrics: Callable[[], Awaitable[bytes]]
) -> Starlette:
    """Return the pages.

    Args:
        health: Judges the gateway. Answers whatever happens, in a bounded time.
        metrics: Gives the metrics in Prometheus' text format; likewise.

    """

    async def show_health(_: Request) -> Response:
        found = await health()
        status = 503 if found.standing is Standing.FAILING else 200
        return Response(msgspec.json.encode(found.as_dict()), status, media_type="application/json")

    async def show_metrics(_: Request) -> Response:
        return Response(await metrics(), media_type=_TEXT)

    return Starlette(routes=[Route("/health", show_health), Route("/metrics", show_metrics)])


class _Server(uvicorn.Server):
    """A server whose signals are somebody else's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone: the gateway stops it in its turn."""
        yield


@asynccontextmanager
async def served(app: Starlette, host: str, port: int) -> AsyncIterator[int]:
    """Serve the pages; yield the port. Raises OSError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            log_level="warning",
            lifespan="off",
            ws="none",
            http="h11",
            loop="none",
            limit_concurrency=_MOST,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([serving], timeout=5)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        bound.close()
