"""HTTP taken off the network: uvicorn, with bounds on what stands before a request's body.

A header may be so long and may take so long; without that, whoever sends a header that never ends fills
the memory, and whoever opens connections and says nothing keeps everybody else out.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from whybounce.web.intake import WHOLE

LONGEST_HEADER = 65_536  # Octets, with the request line.
_SECONDS_FOR_HEADER = 20.0
_SECONDS_TO_END = 3
_SECONDS_IDLE = 20  # Between two requests.
_MOST_CONNECTIONS = 1_000

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def server(app: ASGIApp) -> uvicorn.Server:
    """Return a server of the application; it is run with the sockets to listen on."""
    return uvicorn.Server(_configured(app))


@asynccontextmanager
async def serving_beside(app: ASGIApp, listening: socket.socket) -> AsyncIterator[None]:
    """Serve the application in this loop, beside what else runs in it; signals are not its own."""
    configured = _configured(app)
    configured.timeout_graceful_shutdown = _SECONDS_TO_END
    beside = _Beside(configured)
    task = asyncio.create_task(beside.serve(sockets=[listening]))
    try:
        yield
    finally:
        beside.should_exit = True
        await asyncio.wait([task], timeout=_SECONDS_TO_END)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        listening.close()


class _Beside(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs all of it."""
        yield


def _configured(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,  # An address can hold somebody's words.
        server_header=False,
        timeout_keep_alive=_SECONDS_IDLE,
        limit_concurrency=_MOST_CONNECTIONS,
    )


class BoundedProtocol(HttpToolsProtocol):
    """One connection, which is closed where a header is too long or does not come to its end."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head = 0  # Octets of the header that is being read; of a body nothing is counted.
        self._in_head = True
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for a header, and not for ever."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(_SECONDS_FOR_HEADER, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of the header."""
        super().on_message_begin()
        self._head, self._in_head = 0, True
        if self._patience is None:
            self._patience = self.loop.call_later(_SECONDS_FOR_HEADER, self.transport.close)

    def on_headers_complete(self) -> None:
        """Leave the body to the application."""
        self._in_head = False
        self._wait_no_more()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, if the header is not too long with it."""
        is_all_header = self._in_head  # Else it begins with the end of another request's body.
        super().data_received(data)
        if is_all_header and self._in_head:
            self._head += len(data)
            if self._head > LONGEST_HEADER:
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_complete(self) -> None:
        """Tell the application that nothing of the request is to be waited for."""
        super().on_message_complete()
        self.scope[WHOLE] = True  # type: ignore[literal-required]  # ASGI lets servers add to it

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
