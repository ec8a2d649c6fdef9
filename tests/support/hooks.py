"""A web server on loopback that is called, and answers as it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Hook:
    """What was called, and how that is answered."""

    port: int = 0
    answers: list[bytes] = field(default_factory=list)  # The last repeats.
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # Ends the silence of an empty answer.

    async def times(self, number: int) -> None:
        """Wait until it was called so often."""
        async with asyncio.timeout(60):
            while len(self.bodies) < number:
                self.called.clear()
                await self.called.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one call."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = (line.split(": ", 1) for line in head[1:] if line)
            named = {name.lower(): value for name, value in fields}
            self.headers.append({"": head[0], **named})
            self.bodies.append(await reader.readexactly(int(named["content-length"])))
            self.called.set()
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            if answer:
                await writer.drain()
            else:
                await _first(reader.read(), self.closed.wait())  # Never answers.
        writer.close()


async def _first(*waited_for: Coroutine[None, None, object]) -> None:
    tasks = [asyncio.create_task(each) for each in waited_for]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


TAKEN = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def answering(status: str, *fields: str, body: bytes = b"") -> bytes:
    """Return an answer."""
    head = "\r\n".join(
        [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "Connection: close"]
    )
    return f"{head}\r\n\r\n".encode() + body


@asynccontextmanager
async def hooked(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Hook]:
    """Run it on a free port."""
    hook = Hook(answers=list(answers or (TAKEN,)))
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0, ssl=tls)
    hook.port = server.sockets[0].getsockname()[1]
    try:
        yield hook
    finally:
        server.close()
