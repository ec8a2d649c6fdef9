"""How many messages the store accepts durably in a second, with 20 callers at once.

    python benchmarks/store.py [--folder F]

The peer does in the same run, on the same disk and with the same settings, what one would write
first: 20 threads that each commit every message by itself with sqlite3. Rounds are interleaved and
the median counts. Both confirm a message only after its commit was synced; the peer has one table
and no trace, no recipients, no counters.
"""

import argparse
import asyncio
import os
import secrets
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from whybounce.gateway.store import body_of, open_store
from whybounce.gateway.store.rows import Envelope, NewMessage, Recipient, Session

ROUNDS = 5
CALLERS = 20
SECONDS = 2.0
SIZES = (1024, 20 * 1024)

_SESSION = Session(client="192.0.2.1", helo="mail.example.org", protocol="ESMTPS", tls="TLSv1.3")


def message(number: int) -> NewMessage:
    """Return a message as a server would hand it over, no two alike."""
    now = datetime.now(UTC)
    return NewMessage(
        Envelope(f"u{number}@example.org", (Recipient(f"u{number}@example.net"),)),
        arrived=now,
        expires=now + timedelta(days=5),
        session=_SESSION,
        message_id=f"<{number}@example.org>",
        subject="Minutes of the meeting",
        counts={f"sender:u{number % 1000}@example.org": 1},
    )


async def with_store(folder: str, content: bytes) -> float:
    """Return the messages a second."""
    accepted = 0

    async def call(caller: int) -> None:
        nonlocal accepted
        number = caller
        while time.perf_counter() < end:
            await store.accept(message(number), body_of(content))
            number += CALLERS
            accepted += 1

    url = f"sqlite:///{folder}/queue.db"
    async with open_store(url, random_bits=secrets.randbits) as store:
        start = time.perf_counter()
        end = start + SECONDS
        await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
        return accepted / (time.perf_counter() - start)


def naively(folder: str, content: bytes) -> float:
    """Return the messages a second."""
    path = f"{folder}/naive.db"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    with connect() as first:
        first.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, envelope TEXT, body BLOB)")
    accepted = [0] * CALLERS

    def call(caller: int) -> None:
        connection = connect()
        number = caller
        while time.perf_counter() < end:
            envelope = str(message(number).envelope)
            connection.execute(
                "INSERT INTO messages (envelope, body) VALUES (?, ?)", (envelope, content)
            )
            number += CALLERS
            accepted[caller] += 1
        connection.close()

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(CALLERS)]
    start = time.perf_counter()
    end = start + SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(accepted) / (time.perf_counter() - start)


def in_a_folder(folder: Path | None, measure: Callable[[str], float]) -> float:
    """Measure with files of its own, which go away."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return measure(name)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured")
    folder = parser.parse_args().folder
    for size in SIZES:
        content = os.urandom(size)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(in_a_folder(folder, lambda f, c=content: asyncio.run(with_store(f, c))))
            theirs.append(in_a_folder(folder, lambda f, c=content: naively(f, c)))
        store, naive = statistics.median(ours), statistics.median(theirs)
        print(
            f"{size // 1024:>3} KB   store {store:>7,.0f}/s [{min(ours):,.0f}-{max(ours):,.0f}]",
            end="   ",
        )
        print(f"a commit each {naive:>7,.0f}/s   {store / naive:.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
