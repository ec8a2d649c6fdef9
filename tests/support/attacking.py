"""Attacks on a gateway that serves others meanwhile, each in a size of choice.

An attack returns what the attacker was told. Each client comes from a loopback address of its own, so
that the caps of one address do not save the gateway.
"""

import asyncio
import base64
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from proving import BEN, Place

_FRIEND = "127.0.0.2"
_FROM = "From: chris@remote.example"
_MOST_EACH = 20  # Connections from one address; the gateway's own cap.
LIMITS = """
[limits]
embedded-files = 100
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What is attacked, and how hard."""

    there: Place
    size: float  # 1: as in docs/limits.md; tests use less.

    def times(self, count: int) -> int:
        """Return as many of it as the size asks for, some at least."""
        return max(int(count * self.size), 10)

    @property
    def seconds(self) -> float:
        """How long a slow attack lasts."""
        return max(10 * self.size, 1)


Attack = Callable[[Target], Awaitable[str]]


@dataclass(slots=True)
class Client:
    """One of the attacker's connections."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, line: str) -> str:
        """Say a line; return the last line of the reply."""
        self.writer.write(line.encode() + b"\r\n")
        return await self.hear()

    async def hear(self) -> str:
        """Return the last line of a reply; what is said at the end where there is none."""
        async with asyncio.timeout(60):
            while (line := await self.reader.readline())[3:4] == b"-":
                pass
        return line.decode().strip() or "hung up"

    async def pour(self, octets: bytes, times: int) -> None:
        """Send it again and again, as long as the gateway reads."""
        with contextlib.suppress(ConnectionError):
            for _ in range(times):
                self.writer.write(octets)
                await self.writer.drain()
                await asyncio.sleep(0)  # Let others hear meanwhile.

    async def told(self) -> str:
        """Return the replies that come until it hangs up or says nothing more, counted."""
        said: Counter[str] = Counter()
        with contextlib.suppress(ConnectionError, TimeoutError):
            while line := await asyncio.wait_for(self.reader.readline(), 1):
                if line[3:4] != b"-":
                    said[line.decode(errors="replace")[:9].strip()] += 1
        return ", ".join(f"{reply} x{times}" for reply, times in said.items()) or "hung up"


def _addresses() -> Iterator[str]:
    for third in range(1, 250):
        for fourth in range(1, 250):
            for _ in range(_MOST_EACH):
                yield f"127.1.{third}.{fourth}"


@asynccontextmanager
async def client(
    target: Target, address: str = "127.1.0.1", *, listener: str = "inbound", greeted: bool = True
) -> AsyncIterator[Client]:
    """Connect; greet as a client does."""
    port = target.there.served.ports[listener]
    # The limit of a line the attacker reads; it is not the gateway's.
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(address, 0), limit=1 << 20
    )
    made = Client(reader, writer)
    try:
        if greeted:
            await made.hear()
            await made.say("EHLO attacker.example")
        yield made
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _many(
    target: Target, count: int, act: Callable[[Client], Awaitable[None]], *, greeted: bool = True
) -> None:
    """Let so many clients act at one time."""
    room = asyncio.Semaphore(500)  # Connections being made; beyond it, the kernel drops some.

    async def one(address: str, left: contextlib.AsyncExitStack) -> Client:
        async with room:
            return await left.enter_async_context(client(target, address, greeted=greeted))

    async with contextlib.AsyncExitStack() as left:
        places = _addresses()
        made = await asyncio.gather(*(one(next(places), left) for _ in range(count)))
        await asyncio.gather(*map(act, made))


async def idle_connections(target: Target) -> str:
    """Connect, greet, and say nothing."""

    async def wait(_: Client) -> None:
        await asyncio.sleep(target.seconds)

    count = target.times(10_000)
    await _many(target, count, wait)
    return f"{count} welcomed, each until its idle time ends"


async def slow_commands(target: Target) -> str:
    """Send a command octet by octet."""

    async def drip(one: Client) -> None:
        until = time.monotonic() + target.seconds
        while time.monotonic() < until:
            one.writer.write(b"N")
            await asyncio.sleep(0.1)

    await _many(target, target.times(1_000), drip)
    return "nothing yet: its idle time is not over"


async def slow_data(target: Target) -> str:
    """Send messages octet by octet."""

    async def drip(one: Client) -> None:
        await one.say("MAIL FROM:<chris@remote.example>")
        await one.say(f"RCPT TO:<{BEN}>")
        await one.say("DATA")
        until = time.monotonic() + target.seconds
        while time.monotonic() < until:
            one.writer.write(b"x")
            await asyncio.sleep(0.1)

    await _many(target, target.times(500), drip)
    return "nothing yet: each octet came in time"


async def early_talkers(target: Target) -> str:
    """Talk before the greeting."""
    said: Counter[str] = Counter()

    async def talk(one: Client) -> None:
        one.writer.write(b"EHLO early.example\r\nMAIL FROM:<>\r\n" * 50)
        said[await one.told()] += 1

    await _many(target, target.times(300), talk, greeted=False)
    return said.most_common(1)[0][0]


async def endless_command(target: Target) -> str:
    """Send a command line without end: a gigabyte."""
    async with client(target) as one:
        await one.pour(b"x" * 65_536, target.times(16_384))
        return await one.told()


async def endless_line_of_data(target: Target) -> str:
    """Send a line without end in a message: 100 MB."""
    async with client(target) as one:
        await _begin(one)
        await one.pour(b"x" * 65_536, target.times(1_600))
        await one.pour(b"\r\n.\r\n", 1)
        return await one.hear()


async def a_million_recipients(target: Target) -> str:
    """Name recipients without end, in one message."""
    async with client(target) as one:
        await one.say("MAIL FROM:<chris@remote.example>")
        hearing = asyncio.create_task(one.told())
        await one.pour(f"RCPT TO:<{BEN}>\r\n".encode() * 100, target.times(10_000))
        return await hearing


async def reset_storm(target: Target) -> str:
    """Begin and forget, again and again."""
    async with client(target) as one:
        hearing = asyncio.create_task(one.told())
        await one.pour(b"MAIL FROM:<chris@remote.example>\r\nRSET\r\n" * 100, target.times(1_000))
        return await hearing


async def large_by_size(target: Target) -> str:
    """Announce 100 MB."""
    async with client(target) as one:
        return await one.say("MAIL FROM:<chris@remote.example> SIZE=104857600")


async def large_by_octets(target: Target) -> str:
    """Send 100 MB unannounced, on ten connections."""
    said: Counter[str] = Counter()

    async def send(one: Client) -> None:
        await _begin(one)
        await one.pour((b"x" * 76 + b"\r\n") * 840, max(target.times(1_600), 600))
        await one.pour(b"\r\n.\r\n", 1)
        said[await one.hear()] += 1

    await _many(target, 10, send)
    return said.most_common(1)[0][0]


async def mime_bomb(target: Target) -> str:
    """Nest parts a million deep, each announcing another."""
    async with client(target) as one:
        await _begin(one)
        part = "".join(
            f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(1_000)
        )
        one.writer.write(_FROM.encode() + b"\r\n")
        await one.pour(part.encode(), target.times(500))
        await one.pour(b"\r\n.\r\n", 1)
        return await one.hear()


async def header_bomb(target: Target) -> str:
    """Send a header of 30 MB, all of it signatures."""
    async with client(target) as one:
        await _begin(one)
        field = b"DKIM-Signature: v=1; a=rsa-sha256; d=remote.example; s=x; h=from; b=x; bh=x\r\n"
        one.writer.write(_FROM.encode() + b"\r\n")
        await one.pour(field * 1_000, target.times(400))
        await one.pour(b"\r\nHello.\r\n.\r\n", 1)
        return await one.hear()


async def guessing(target: Target) -> str:
    """Guess passwords, on many connections."""
    said: Counter[str] = Counter()
    for n in range(target.times(300)):
        async with client(target, f"127.1.0.{1 + n % 3}", listener="submission") as one:
            for word in range(4):
                login = base64.b64encode(f"\0anna@contoso.example\0{n}.{word}".encode()).decode()
                reply = await one.say(f"AUTH PLAIN {login}")
                said[reply[:9]] += 1
                if not reply.startswith(("535", "454", "451")):
                    break
    return ", ".join(f"{reply} x{times}" for reply, times in said.items())


async def _begin(one: Client) -> None:
    await one.say("MAIL FROM:<chris@remote.example>")
    await one.say(f"RCPT TO:<{BEN}>")
    await one.say("DATA")


ATTACKS: tuple[Attack, ...] = (
    idle_connections,
    slow_commands,
    slow_data,
    early_talkers,
    endless_command,
    endless_line_of_data,
    a_million_recipients,
    reset_storm,
    large_by_size,
    large_by_octets,
    mime_bomb,
    header_bomb,
    guessing,
)


@dataclass(frozen=True, slots=True)
class Result:
    """How the gateway bore an attack."""

    name: str
    told: str
    peak: int  # Octets.
    served: int  # Messages of others meanwhile.
    longest: float  # Seconds, the longest of them took.
    failed: tuple[str, ...]  # What others were told but 250.
    seconds: float  # It lasted.


async def attacked(there: Place, attack: Attack, size: float) -> Result:
    """Attack it, while somebody else sends one message after another."""
    target = Target(there, size)
    there.served.forget_peak_memory()
    begun, over = asyncio.Event(), asyncio.Event()
    friend = asyncio.create_task(_send_on(target, begun, over))
    await begun.wait()
    start = time.monotonic()
    told = await attack(target)
    seconds = time.monotonic() - start
    over.set()
    times, failed = await friend
    name = attack.__name__.replace("_", " ")
    peak = there.served.peak_memory()
    return Result(name, told, peak, len(times), max(times), tuple(failed), seconds)


async def _send_on(
    target: Target, begun: asyncio.Event, over: asyncio.Event
) -> tuple[list[float], list[str]]:
    times, failed = [], []
    async with client(target, _FRIEND) as one:
        while not (over.is_set() and times):
            start = time.monotonic()
            await _begin(one)
            reply = await one.say(f"{_FROM}\r\n\r\nHello.\r\n.")
            times.append(time.monotonic() - start)
            if not reply.startswith("250"):
                failed.append(reply)
            begun.set()
            await asyncio.sleep(0.05)
    return times, failed
