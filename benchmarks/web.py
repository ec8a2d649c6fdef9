"""What answering over HTTP costs: /api/v1/explain beside the same framework returning a constant.

    python benchmarks/web.py

One server process each on loopback, 50 connections that are kept open, one request after another
on each; 1,000 distinct replies are posted in turn. The client is this process, so that both share
two cores as a small machine does. The two are measured in turns, and the medians are printed; beside
them the server's processor time for an answer, which a busy machine changes less.
"""

import asyncio
import multiprocessing
import os
import socket
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response

from explaining import distinct_replies
from whybounce.web import create_app
from whybounce.web.serving import server

CONNECTIONS = 50
SECONDS = 4.0
ROUNDS = 3
TEXTS = 1000
_SPAWN = multiprocessing.get_context("spawn")


def constant() -> FastAPI:
    """Return an application that takes a body and answers the same octets always."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answer = b'{"answer": "' + b"x" * 2000 + b'"}'

    @app.post("/api/v1/explain")
    async def explain(request: Request) -> Response:
        await request.body()
        return Response(answer, media_type="application/json")

    return app


def serve(which: str, far: Connection) -> None:
    """Serve one of the two on a port of its own, which is told."""
    app = constant() if which == "constant" else create_app()
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    far.send(listening.getsockname()[1])
    server(app).run(sockets=[listening])


async def _ask(port: int, requests: list[bytes], until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place = len(took) * 7
    while time.perf_counter() < until:
        place += 1
        start = time.perf_counter()
        writer.write(requests[place % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - start)
    writer.close()


async def _measured(port: int, requests: list[bytes], seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_ask(port, requests, until, took) for _ in range(CONNECTIONS)))
    return sorted(took)


def _busy(pid: int) -> float:
    """Return the seconds of processor time that a process has used; Linux alone tells."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure and print; the exit code does not depend on it."""
    requests = [
        b"POST /api/v1/explain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        for body in (text.encode() for text in distinct_replies(TEXTS))
    ]
    servers = {}
    for which in ("constant", "explain"):
        near, far = _SPAWN.Pipe()
        process = _SPAWN.Process(target=serve, args=(which, far), daemon=True)
        process.start()
        servers[which] = (process, near.recv())
    rates: dict[str, list[float]] = {which: [] for which in servers}
    halves: dict[str, list[float]] = {which: [] for which in servers}
    costs: dict[str, list[float]] = {which: [] for which in servers}
    slowest: dict[str, list[float]] = {which: [] for which in servers}
    for number in range(ROUNDS + 1):
        for which, (process, port) in servers.items():
            busy = _busy(process.pid or 0)
            took = asyncio.run(_measured(port, requests, SECONDS if number else 1.5))
            if number:  # The first round warms up.
                rates[which].append(len(took) / SECONDS)
                costs[which].append((_busy(process.pid or 0) - busy) / len(took))
                halves[which].append(took[len(took) // 2])
                slowest[which].append(took[int(len(took) * 0.99)])
    for which, (process, _) in servers.items():
        process.terminate()
        rate = statistics.median(rates[which])
        print(
            f"{which:<10}{rate:>8.0f} requests/s   p50 {statistics.median(halves[which]) * 1000:>6.1f} ms"
            f"   p99 {statistics.median(slowest[which]) * 1000:>6.1f} ms"
            f"   {statistics.median(costs[which]) * 1e6:>4.0f} µs of the processor"
        )
    share = statistics.median(rates["explain"]) / statistics.median(rates["constant"])
    cost = statistics.median(costs["constant"]) / statistics.median(costs["explain"])
    print(
        f"explain answers {share:.0%} of what the framework alone answers; by processor time, {cost:.0%}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
