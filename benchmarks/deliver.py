"""How many messages a second leave the queue for another server, each one's end durably recorded.

    python benchmarks/deliver.py [--messages 2000] [--rounds 3]

The queue is filled first, then let go; the clock stops when nothing is left in it. The other server is
Postfix's smtp-sink, without TLS. The peer is Postfix itself in the same run, with the same number of
connections at once, its queue filled on hold and then released. Rounds are interleaved and the median
counts. Needs Debian's package postfix, and root to run it.
"""

import argparse
import asyncio
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from postfix import postfix_folder, run, smtp_sink
from whybounce.checking.lookups import Resolver
from whybounce.gateway.delivery.carrying import Carrier
from whybounce.gateway.delivery.concluding import Notices, Telling
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.destinations import Destination, Smarthost
from whybounce.gateway.delivery.opening import Opener
from whybounce.gateway.delivery.tls_policies import TlsPolicy, always, opportunistic
from whybounce.gateway.outbound import Outbound, OutboundSettings
from whybounce.gateway.smtp.client import ClientSettings
from whybounce.gateway.store import body_of, open_store, schedules
from whybounce.gateway.store.rows import (
    Envelope,
    LeasedRecipient,
    NewMessage,
    QueuedMessage,
    Recipient,
)

AT_ONCE = 20
SIZES = (1000, 20_000)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def ours(octets: int, messages: int) -> float:
    """Return messages a second out of our queue."""
    with smtp_sink() as port, tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_ours(folder, port, octets, messages))


async def _ours(folder: str, port: int, octets: int, messages: int) -> float:
    content = b"Subject: Minutes\r\n\r\n" + (b"x" * 78 + b"\r\n") * (octets // 80)
    settings = ClientSettings(name="gateway.example.net")
    opener = Opener(smtp=settings, lmtp=settings)
    connections = Connections(opener.open, most=AT_ONCE)
    carrier = Carrier(
        host="gateway.example.net",
        resolver=Resolver("127.0.0.1"),
        connections=connections,
        tls=always(opportunistic()),
        clear=TlsPolicy("none", None),
        clock=now,
        random_bits=secrets.randbits,
        shuffle=lambda exchangers: exchangers,
    )
    sink = Smarthost("127.0.0.1", port)

    async def resolve(message: QueuedMessage, recipient: LeasedRecipient) -> Destination:  # noqa: ARG001  # the seam's shape
        return sink

    async def report(telling: Telling) -> Notices:
        raise RuntimeError(f"nothing fails here, but: {telling}")

    async with open_store(f"sqlite:///{folder}/queue.db", random_bits=secrets.randbits) as store:
        arrived = now()
        queued = [
            NewMessage(
                Envelope("a@b.example", (Recipient(f"u{number}@d.example"),)),
                arrived=arrived,
                expires=arrived + timedelta(days=5),
            )
            for number in range(messages)
        ]
        await asyncio.gather(*(store.accept(each, body_of(content)) for each in queued))
        outbound = Outbound(
            store,
            carry=carrier.carry,
            resolve=resolve,
            report=report,
            settings=OutboundSettings(
                node="a",
                schedule=schedules()["default"],
                most_each=AT_ONCE,
                most_in_hand_each=2_000,
            ),
            clock=now,
            chance=random.random,
        )
        start = time.perf_counter()
        running = asyncio.create_task(outbound.run())
        while (await store.figures(now=now())).messages:  # noqa: ASYNC110  # as Postfix is asked
            await asyncio.sleep(0.02)
        took = time.perf_counter() - start
        outbound.stop()
        await running
        await connections.close()
    return messages / took


def postfix(octets: int, messages: int) -> float:
    """Return messages a second out of Postfix's queue."""
    limit = str(AT_ONCE)
    with smtp_sink() as sink:
        settings = {
            "relayhost": f"[127.0.0.1]:{sink}",
            "smtpd_client_restrictions": "check_client_access static:HOLD",
            "default_destination_concurrency_limit": limit,
            "initial_destination_concurrency": limit,
            "default_process_limit": "100",
        }
        with postfix_folder(**settings) as (folder, port):
            options = ("-s", AT_ONCE, "-m", messages, "-l", octets, "-f", "a@b.example")
            subprocess.run(  # noqa: S603  # our own words
                [
                    "/usr/sbin/smtp-source",
                    *map(str, options),
                    "-t",
                    "c@d.example",
                    f"127.0.0.1:{port}",
                ],
                check=True,
            )
            _until(lambda: _files(folder, "hold") == messages)
            run("postsuper", "-c", str(folder), "-H", "ALL")
            start = time.perf_counter()
            run("postqueue", "-c", str(folder), "-f")
            _until(lambda: not _files(folder, "hold", "incoming", "active", "deferred"))
            return messages / (time.perf_counter() - start)


def _files(folder: Path, *queues: str) -> int:
    return sum(len(names) for queue in queues for *_, names in os.walk(folder / "spool" / queue))


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("Postfix's queue does not move")
        time.sleep(0.02)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for octets in SIZES:
        rates: dict[str, list[float]] = {"ours": [], "Postfix": []}
        for _ in range(given.rounds):
            rates["ours"].append(ours(octets, given.messages))
            rates["Postfix"].append(postfix(octets, given.messages))
        middle = {name: statistics.median(each) for name, each in rates.items()}
        ratio = middle["ours"] / middle["Postfix"]
        print(
            f"{octets:>6} octets: ours {middle['ours']:.0f}/s, Postfix {middle['Postfix']:.0f}/s,"
            f" ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
