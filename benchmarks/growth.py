"""What a message costs as the queue grows, how soon a gateway with a full queue is back, and what a second node adds.

    python benchmarks/growth.py [--sizes 1000 10000 100000 1000000] [--queued 100000] [--engine sqlite]
        [--parts growth restart nodes]

Three questions, on SQLite and on a PostgreSQL of its own:

1. The queue is filled to each size with messages that wait for a later try. At each size messages are
   accepted, leased and settled beside them, a page of the queue is listed and an address is traced. The
   cost of each should be the same at every size. Medians of the rounds; processor time is this process's.
2. A queue of so many messages that are all due: how long after its start ``whybounce serve`` listens, and
   how long until a remote server gets the first message. Postfix, in the same run, has as many in its
   deferred queue, all of them due. Needs Debian's package postfix, and root to run it; ``--no-postfix``
   leaves it out.
3. One node and two nodes, each a process, on one PostgreSQL: messages accepted and delivered in a second, and
   the processor time of each message, in the nodes and in the database's server.
"""

import argparse
import asyncio
import multiprocessing
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time, time

from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import processor
from postfix import postfix_folder, run, wait_for
from postgresql import PostgreSQL, postgresql_running
from served import Served
from whybounce.gateway.store import Filter, Store, body_of, open_store
from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.identity import Ids
from whybounce.gateway.store.opening import open_queue
from whybounce.gateway.store.rows import (
    Attempt,
    Consignment,
    Envelope,
    NewMessage,
    Recipient,
    Retirement,
    Settlement,
    State,
    Terminal,
)
from whybounce.gateway.store.tables import bodies, messages, recipients
from whybounce.provoking.mail_server import MailServer, Received
from whybounce.vocabulary.envelope import BodyType

_PARTS = ["growth", "restart", "nodes"]
CALLERS = 20
BATCH = 10_000
BODY = b"Subject: Minutes\r\n\r\n" + b"x" * 78 + b"\r\n" * 10
WAIT = 600  # Seconds for the first message after a start.

_CONFIG = """
[server]
name = "mail.d.example"
queue = "{url}"
mailboxes = "mailboxes"
drain = "1s"
operating = "127.0.0.1:0"

[[listener]]
name = "inbound"
addresses = ["127.0.0.1:0"]

[outbound]
resolver = "127.0.0.1:1"
smarthost = "127.0.0.1:{port}"
dane = "off"
mta-sts = false

[[directory.organisation]]
name = "D"

[[directory.organisation.domain]]
name = "d.example"
kind = "external-relay"
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10**n for n in range(3, 7)])
    parser.add_argument("--messages", type=int, default=400, help="in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--queued", type=int, default=100_000, help="at a restart")
    parser.add_argument("--seconds", type=float, default=10, help="for one node, and for two")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--no-postfix", action="store_true")
    given = parser.parse_args()
    engines = [given.engine] if given.engine else ["sqlite", "postgresql"]
    with ExitStack() as left:
        for engine in engines:
            made, server = left.enter_context(_databases(engine))
            if "growth" in given.parts:
                asyncio.run(grown(engine, made(), given.sizes, given.messages, given.rounds))
            if "restart" in given.parts:
                asyncio.run(restarted(engine, made(), given.queued))
            if "nodes" in given.parts and server is not None:
                for nodes in (1, 2):
                    shared(made(), server, nodes, given.seconds)
        if "restart" in given.parts and not given.no_postfix:
            asyncio.run(postfix_restarted(given.queued))


@contextmanager
def _databases(engine: str) -> Iterator[tuple[Callable[[], str], PostgreSQL | None]]:
    """Give what names an empty queue, another each time, and the server that keeps it."""
    with tempfile.TemporaryDirectory(prefix="whybounce-", ignore_cleanup_errors=True) as folder:
        if engine == "sqlite":
            yield lambda: f"sqlite:///{tempfile.mkdtemp(dir=folder)}/queue.db", None
            return
        with postgresql_running(folder) as server:
            yield server.make, server


# 1. Growth.

_FILL = tuple(map(Bulk, (insert(bodies), insert(messages), insert(recipients))))


def fill(url: str, count: int, *, due: timedelta) -> None:
    """Put so many messages into the queue, due within a second after so long."""
    queue, ids = open_queue(url), Ids(secrets.randbits)
    now, body = datetime.now(UTC), body_of(BODY)
    try:
        with queue.writing.connect() as connection:
            for start in range(0, count, BATCH):
                rows = [
                    _rows(ids.next(now), n, now, now + due, body.checksum)
                    for n in range(start, min(start + BATCH, count))
                ]
                with connection.begin():
                    for statement, table in zip(_FILL, zip(*rows, strict=True), strict=True):
                        statement.run(connection, table)
    finally:
        queue.release()


def _rows(
    id_: str, number: int, now: datetime, due: datetime, checksum: int
) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
    """Return a message's row in each table."""
    return (
        {"id": id_, "size": len(BODY), "checksum": checksum, "users": 1, "data": BODY},
        {
            "id": id_, "arrived": now, "expires": now + timedelta(days=5), "sender": f"a{number}@b.example",
            "body_type": BodyType.SEVEN_BIT, "smtputf8": 0, "size": len(BODY), "message_id": f"<{id_}@b.example>",
            "subject": "Minutes", "body": id_, "unfinished": 1,
        },
        {
            "message": id_, "number": 0, "address": f"c{number}@d.example", "domain": "d.example",
            "state": State.QUEUED, "due": due + timedelta(microseconds=number), "tries": 1,
        },
    )  # fmt: skip


async def grown(engine: str, url: str, sizes: list[int], count: int, rounds: int) -> None:
    """Measure at each size."""
    print(f"\n{engine}: cost of each message, in microseconds (of them processor time here)")
    steps = ("accept", "lease", "settle", "list 100", "trace")
    print(f"{'waiting':>10}" + "".join(f"{step:>18}" for step in steps), flush=True)
    there = 0
    for size in sizes:
        fill(url, size - there, due=timedelta(hours=12))
        there = size
        taken: dict[str, list[tuple[float, float]]] = {step: [] for step in steps}
        async with open_store(url, random_bits=secrets.randbits) as store:
            for _ in range(rounds):
                for step, cost in (await _round(store, count)).items():
                    taken[step].append(cost)
        shown = [
            f"{statistics.median(t for t, _ in costs):>10.0f} ({statistics.median(p for _, p in costs):>5.0f})"
            for costs in taken.values()
        ]
        print(f"{size:>10,}" + "".join(f"{each:>18}" for each in shown), flush=True)
    print(f"{'':>10} load {' '.join(f'{each:.1f}' for each in os.getloadavg())}", flush=True)


async def _round(store: Store, count: int) -> dict[str, tuple[float, float]]:
    leased: list[Consignment] = []
    now = datetime.now(UTC)

    async def lease() -> None:
        while len(leased) < count:
            leased.extend(await store.lease(100, node="a", now=now, until=now + timedelta(hours=1)))

    async def trace() -> None:
        for number in range(10):
            await store.trace(
                f"new{number}@d.example", since=now - timedelta(days=1), until=now, most=10
            )

    return {
        "accept": await _timed(lambda: accept(store, now, count), count),
        "lease": await _timed(lease, count),
        "settle": await _timed(lambda: settle(store, leased), count),
        "list 100": await _timed(lambda: store.queue(Filter(), most=100), 1),
        "trace": await _timed(trace, 10),
    }


async def _timed(act: Callable[[], Awaitable[object]], count: int) -> tuple[float, float]:
    """Return the microseconds that each took, and how many of them this process worked."""
    began, worked = perf_counter(), process_time()
    await act()
    return (perf_counter() - began) / count * 1e6, (process_time() - worked) / count * 1e6


async def accept(store: Store, now: datetime, count: int) -> None:
    """Accept so many, with several callers at once."""

    async def call(caller: int) -> None:
        for number in range(caller, count, CALLERS):
            envelope = Envelope(f"n{number}@b.example", (Recipient(f"new{number}@d.example"),))
            message = NewMessage(envelope, arrived=now, expires=now + timedelta(days=5))
            await store.accept(message, body_of(BODY))

    await asyncio.gather(*map(call, range(CALLERS)))


async def settle(store: Store, leased: list[Consignment]) -> None:
    """Settle them as delivered, with several callers at once."""

    async def call(caller: int) -> None:
        for each in leased[caller::CALLERS]:
            now = datetime.now(UTC)
            numbers = [recipient.number for recipient in each.recipients]
            await store.settle(
                Settlement(
                    each,
                    now,
                    attempts=tuple(Attempt(n, now, "mx.d.example", code=250) for n in numbers),
                    retirements=tuple(Retirement(n, Terminal.RELAYED) for n in numbers),
                )
            )

    await asyncio.gather(*map(call, range(CALLERS)))


# 2. A restart.


@asynccontextmanager
async def first_taken() -> AsyncIterator[tuple[MailServer, "asyncio.Future[float]"]]:
    """Run a server; give when it took its first message."""
    first: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def keep(received: Received) -> None:
        del received
        if not first.done():
            first.set_result(perf_counter())

    server = MailServer("mx.d.example", keep=keep)
    await server.start()
    try:
        yield server, first
    finally:
        await server.stop()


async def restarted(engine: str, url: str, queued: int) -> None:
    """Start the gateway on a full queue."""
    await asyncio.to_thread(fill, url, queued, due=timedelta(hours=-1))
    with tempfile.TemporaryDirectory() as folder:
        async with first_taken() as (remote, first):
            file = Path(folder) / "whybounce.toml"
            file.write_text(_CONFIG.format(url=url, port=remote.port), encoding="utf-8")
            gateway, began = Served(file), perf_counter()
            try:
                await gateway.start()
                listens = perf_counter() - began
                delivers = await asyncio.wait_for(first, WAIT) - began
            finally:
                await gateway.kill()
    _print_restart(f"whybounce, {engine}", queued, listens, delivers)


async def postfix_restarted(queued: int) -> None:
    """Start Postfix on as full a queue."""
    async with first_taken() as (remote, first):
        settings = {
            "relayhost": f"[127.0.0.1]:{remote.port}", "defer_transports": "smtp",
            "in_flow_delay": "0", "smtpd_recipient_restrictions": "permit",
        }  # fmt: skip
        with ExitStack() as left:
            entered = await asyncio.to_thread(left.enter_context, postfix_folder(**settings))
            folder, port = entered
            await asyncio.to_thread(_fill_postfix, folder, port, queued)
            began = perf_counter()
            await asyncio.to_thread(run, "postfix", "-c", str(folder), "start")
            await asyncio.to_thread(wait_for, port)
            listens = perf_counter() - began
            delivers = await asyncio.wait_for(first, WAIT) - began
            await asyncio.to_thread(left.close)
    _print_restart("Postfix", queued, listens, delivers)


def _fill_postfix(folder: Path, port: int, queued: int) -> None:
    """Have it defer so many, stop it, and make all of them due."""
    options = (
        "-d",
        "-s",
        CALLERS,
        "-m",
        queued,
        "-l",
        len(BODY),
        "-f",
        "a@b.example",
        "-t",
        "c@d.example",
    )
    command = ["/usr/sbin/smtp-source", *map(str, options), f"127.0.0.1:{port}"]
    subprocess.run(command, check=True)  # noqa: S603  # our own words
    deferred = folder / "spool" / "deferred"
    while len(_files(deferred)) < queued:
        asyncio.run(asyncio.sleep(1))
    run("postfix", "-c", str(folder), "stop")
    run("postconf", "-c", str(folder), "-e", "defer_transports=")
    before = time() - 3600
    for file in _files(deferred):
        os.utime(file, (before, before))


def _files(folder: Path) -> list[str]:
    return [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]  # noqa: PTH118  # a hundred thousand of them


def _print_restart(who: str, queued: int, listens: float, delivers: float) -> None:
    print(
        f"\n{who}: started with {queued:,} queued, it listens after {listens:.1f} s"
        f" and has delivered the first after {delivers:.1f} s",
        flush=True,
    )


# 3. Nodes.


def shared(url: str, server: PostgreSQL, nodes: int, seconds: float) -> None:
    """Let so many nodes take and deliver at once."""
    open_queue(url).release()
    spawning = multiprocessing.get_context("spawn")
    before = processor.seconds(server.pid)
    with spawning.Pool(nodes) as pool:
        carried = pool.starmap(_node, [(url, f"node{n}", seconds) for n in range(nodes)])
    counts, worked = zip(*carried, strict=True)
    each = ", ".join(f"{count / seconds:.0f}" for count in counts)
    ours = sum(worked) / sum(counts) * 1e6
    theirs = (processor.seconds(server.pid) - before) / sum(counts) * 1e6
    print(
        f"\npostgresql, {nodes} node{'s' if nodes > 1 else ''}: {sum(counts) / seconds:.0f} messages"
        f" a second accepted and delivered ({each}); processor {ours:.0f} us/message in the nodes,"
        f" {theirs:.0f} in the server;"
        f" load {' '.join(f'{load:.1f}' for load in os.getloadavg())}",
        flush=True,
    )


def _node(url: str, node: str, seconds: float) -> tuple[int, float]:
    """Return how many it carried, and for how many seconds it had the processor."""
    before = process_time()
    return asyncio.run(_carry(url, node, seconds)), process_time() - before


async def _carry(url: str, node: str, seconds: float) -> int:
    carried, batch = 0, 200
    async with open_store(url, random_bits=secrets.randbits) as store:
        end = perf_counter() + seconds
        while perf_counter() < end:
            now = datetime.now(UTC)
            await accept(store, now, batch)
            leased = await store.lease(batch, node=node, now=now, until=now + timedelta(minutes=5))
            await settle(store, list(leased))
            carried += len(leased)
    return carried


if __name__ == "__main__":
    main()
