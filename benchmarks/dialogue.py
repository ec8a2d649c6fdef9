"""How many messages a second the SMTP dialogue takes: without a socket, and into a listener.

python benchmarks/dialogue.py [--messages 5000] [--rounds 5]

The listener's handler keeps nothing, so these are bounds and no product numbers. The load comes from
Postfix's smtp-source with 20 sessions, where it is installed; aiosmtpd with a handler that does
nothing is measured in the same run, each server in turn in every round. On a busy machine look at the
server's own processor time for each message rather than at the clock. The last rows are our client into
Postfix's smtp-sink.
"""

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from whybounce.gateway.smtp.client import ClientSettings
from whybounce.gateway.smtp.connecting import connect
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.smtp.server import ServerDialogue, ServerSettings
from whybounce.gateway.smtp.server.counting import Caps
from whybounce.gateway.smtp.server.events import BodyChunk
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session

SIZES = {"1 KB": 1000, "20 KB": 20_000}
SESSIONS = 20
SETTINGS = ServerSettings(host="mx.example.org")
TOOLS = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}


class Nothing:
    """A handler that takes everything, and a sink that keeps none of it."""

    async def _pass(self, *_: object) -> None:
        return None

    connect = helo = auth = mail = rcpt = message = closed = write = drop = _pass

    async def data(self, *_: object) -> "Nothing":
        """Take the message."""
        return self


async def ours(port: int) -> None:
    """Serve until killed."""
    listener = Listener(SETTINGS, Nothing, caps=Caps(address=1000))
    await listener.listen("127.0.0.1", port)
    await asyncio.Event().wait()


async def ours_on_uvloop(port: int) -> None:
    """Serve until killed; ``main`` sees to the loop."""
    await ours(port)


async def aiosmtpd(port: int) -> None:
    """Serve until killed."""
    from aiosmtpd.smtp import SMTP  # noqa: PLC0415  # only here

    class Handler:
        async def handle_DATA(self, *_: object) -> str:  # noqa: N802  # aiosmtpd's name
            return "250 2.0.0 Message accepted"

    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(Handler(), loop=loop), "127.0.0.1", port)
    await asyncio.Event().wait()


SERVERS: dict[str, Callable[[int], Any]] = {
    "aiosmtpd": aiosmtpd,
    "ours": ours,
    "ours on uvloop": ours_on_uvloop,
}


def without_socket(octets: int, messages: int) -> float:
    """Return messages a second of one session, command by command."""
    session = Session("trace", "inbound", ip_address("192.0.2.1"), 1)
    dialogue = ServerDialogue(SETTINGS, session, 0)
    body = b"x" * 78 + b"\r\n"
    steps = (
        b"MAIL FROM:<anna@example.net>\r\n",
        b"RCPT TO:<bob@example.org>\r\n",
        b"DATA\r\n",
        body * (octets // len(body)) + b".\r\n",
    )
    _answer(dialogue)
    dialogue.receive(b"EHLO client.example\r\n", 0)
    _answer(dialogue)
    start = time.perf_counter()
    for _ in range(messages):
        for step in steps:
            dialogue.receive(step, 0)
            _answer(dialogue)
    return messages / (time.perf_counter() - start)


def _answer(dialogue: ServerDialogue) -> None:
    while (event := dialogue.next_event()) is not None:
        if not isinstance(event, BodyChunk):
            dialogue.answer(None, 0)
    dialogue.to_send()


@dataclass(slots=True)
class Measured:
    """What came of one go, or of several."""

    rates: list[float] = field(default_factory=list)  # Messages a second.
    processor: list[float] = field(default_factory=list)  # Microseconds for each message.


def with_smtp_source(name: str, octets: int, messages: int, measured: Measured) -> None:
    """Add what smtp-source got rid of, and what that cost the server."""
    port = _free_port()
    options = (
        "-s",
        SESSIONS,
        "-m",
        messages,
        "-l",
        octets,
        "-f",
        "a@b.example",
        "-t",
        "c@d.example",
    )
    command = ["smtp-source", *map(str, options), f"127.0.0.1:{port}"]
    with _process([sys.executable, __file__, "--serve", name, "--port", str(port)], port) as pid:
        before, start = _processor(pid), time.perf_counter()
        subprocess.run(command, env=TOOLS, check=True)  # noqa: S603  # our own words
        measured.rates.append(messages / (time.perf_counter() - start))
        measured.processor.append((_processor(pid) - before) / messages * 1e6)


def _processor(pid: int) -> float:
    """Return the seconds of processor time a process has used. Linux's proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _process(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, env=TOOLS)  # noqa: S603  # our own words
    try:
        _wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def into_sink(octets: int, messages: int) -> float:
    """Return messages a second that our client gets rid of, over 20 connections."""
    port = _free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with _process(["smtp-sink", *user, f"127.0.0.1:{port}", "100"], port):
        return asyncio.run(_send(port, octets, messages))


async def _send(port: int, octets: int, messages: int) -> float:
    envelope = Envelope("a@b.example", (Recipient("c@d.example"),))
    body = (b"x" * 78 + b"\r\n") * (octets // 80)

    async def one(count: int) -> None:
        settings = ClientSettings(name="gateway.example.net")
        connection = await connect("localhost", "127.0.0.1", port, settings)
        await connection.greet()
        for _ in range(count):
            delivery = await connection.deliver(envelope, body)
            if not delivery.results[0].is_accepted:
                raise RuntimeError(str(delivery))
        await connection.quit()

    start = time.perf_counter()
    await asyncio.gather(*(one(messages // SESSIONS) for _ in range(SESSIONS)))
    return messages / (time.perf_counter() - start)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing listens at {port}")


def _row(name: str, rates: list[float], more: str = "") -> None:
    spread = f"[{min(rates):.0f}-{max(rates):.0f}]"
    print(f"{name:<34}{statistics.median(rates):>8.0f} messages/s  {spread:<16}{more}")


def _compared(measured: Measured, base: Measured) -> str:
    rate = statistics.median(measured.rates) / statistics.median(base.rates)
    processor = statistics.median(measured.processor)
    less = statistics.median(base.processor) / processor
    return f"{rate:.2f} x aiosmtpd; processor {processor:.0f} us/message, {less:.2f} x less"


def main() -> int:
    """Measure and print; the exit code does not depend on it."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--messages", type=int, default=5000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--serve", choices=SERVERS, help=argparse.SUPPRESS)
    asked.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.serve:
        return _serve(given.serve, given.port)
    for size, octets in SIZES.items():
        rates = [without_socket(octets, given.messages) for _ in range(given.rounds)]
        _row(f"{size}, without a socket", rates)
    if not shutil.which("smtp-source", path=TOOLS["PATH"]):
        print("smtp-source is not installed; Debian has it in the package postfix.")
        return 0
    for size, octets in SIZES.items():
        servers = {name: Measured() for name in SERVERS}
        for _ in range(given.rounds):
            for name, measured in servers.items():
                with_smtp_source(name, octets, given.messages, measured)
        for name, measured in servers.items():
            more = _compared(measured, servers["aiosmtpd"])
            _row(f"{size}, smtp-source to {name}", measured.rates, more)
    for size, octets in SIZES.items():
        rates = [into_sink(octets, given.messages) for _ in range(given.rounds)]
        _row(f"{size}, our client to smtp-sink", rates)
    return 0


def _serve(name: str, port: int) -> int:
    serving = SERVERS[name](port)
    if name == "ours on uvloop":
        import uvloop  # noqa: PLC0415  # only here

        uvloop.run(serving)
    else:
        asyncio.run(serving)
    return 0


if __name__ == "__main__":
    sys.exit(main())
