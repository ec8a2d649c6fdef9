"""A web server on loopback that gives out MTA-STS policies, each right or wrong as it is told.

It speaks just enough HTTP/1.1 over TLS: one request, one answer. A request for a host that it does
not know is answered 404.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field

_PATH = "/.well-known/mta-sts.txt"
_LONGEST_REQUEST = 16_384
_PIECE = 4096


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered. ``stall`` says nothing; ``drip`` gives one octet in each so many seconds."""

    text: str = ""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    location: str | None = None
    stall: bool = False
    drip: float = 0


def policy(*mx: str, mode: str = "enforce", max_age: int = 86_400) -> Page:
    """Return a page with a policy: the hosts, and how strictly."""
    hosts = "".join(f"mx: {host}\r\n" for host in mx)
    return Page(f"version: STSv1\r\nmode: {mode}\r\n{hosts}max_age: {max_age}\r\n")


@dataclass(slots=True)
class PolicyHost:
    """Listens on one loopback address. ``pages`` may be changed while it runs."""

    certificate: ssl.SSLContext
    pages: dict[str, Page] = field(default_factory=dict)  # By domain, without mta-sts.
    asked: list[str] = field(default_factory=list)  # Hosts that were asked for, in order.
    port: int = 0
    _server: asyncio.Server | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(
            self._serve, address, port, ssl=self.certificate, limit=_LONGEST_REQUEST
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer, and let whoever waits for an answer go."""
        self._stopping.set()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = (
            ConnectionError,
            ssl.SSLError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        )
        with contextlib.suppress(*gone):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            await self._answer(head, writer)
        writer.close()
        with contextlib.suppress(*gone):
            await writer.wait_closed()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        request, *lines = head.splitlines()
        fields = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        host = fields.get("host", "").partition(":")[0]
        self.asked.append(host)
        page = self.pages.get(host.removeprefix("mta-sts."))
        if page is None or request.split(" ")[:2] != ["GET", _PATH]:
            page = Page("Not here\r\n", status=404)
        if page.stall:
            await self._stopping.wait()
            return
        content = page.text.encode()
        location = f"Location: {page.location}\r\n" if page.location else ""
        writer.write(
            f"HTTP/1.1 {page.status} As told\r\nContent-Type: {page.content_type}\r\n{location}"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
        )
        step = 1 if page.drip else _PIECE
        for start in range(0, len(content), step):
            writer.write(content[start : start + step])
            await writer.drain()
            if page.drip:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), page.drip)
