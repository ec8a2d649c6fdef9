"""kill -9 at random moments: what was acknowledged is there, and nothing is half there.

The victim accepts and settles as fast as it can and says so line by line, each line after the
store's answer. What the pipe holds when it is killed is what others were promised.
"""

import asyncio
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from whybounce.gateway.store.rows import Entry

VICTIM = """
import asyncio, os, random, secrets, sys
from datetime import UTC, datetime, timedelta
from whybounce.gateway.store import body_of, open_store
from whybounce.gateway.store.rows import *

url, seed = sys.argv[1], int(sys.argv[2])
parent = os.getppid()
chance = random.Random(seed)
start = datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(minutes=seed % 100_000)

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def message(address, sender, subject, about=None):
    envelope = Envelope(sender, (Recipient(address), Recipient("x" + address)))
    return NewMessage(
        envelope, start, start + timedelta(days=5), subject=subject, about=about, counts={"all": 1}
    )

def content(size):
    octets = chance.randbytes(8).hex().encode()
    return (octets * (size // 16 + 1))[:size]

async def accept_some(store, name):
    while os.getppid() == parent:  # Nobody is left to kill it where the tests were killed.
        size = chance.choice((200, 200, 200, 20_000, 400_000))
        octets = content(size)
        new = message("ben@example.net", "anna@example.org", f"{size} {octets[:16].decode()}")
        async with store.receive() as body:
            for at in range(0, size, 100_000):
                await body.write(octets[at : at + 100_000])
            say("accepted", await store.accept(new, body))

async def settle_some(store, node):
    while os.getppid() == parent:
        leased = await store.lease(5, node=node, now=start, until=start + timedelta(minutes=5))
        for one in leased:
            ends, report = [], Outgoing(
                message("anna@example.org", "", "200 reportreportrepo", one.message.id),
                body_of((b"reportreportrepo" * 13)[:200]),
            )
            for each in one.recipients:
                ends.append(chance.choice((
                    Retirement(each.number, Terminal.DELIVERED),
                    Retirement(each.number, Terminal.FAILED, report=0),
                    Retirement(each.number, Terminal.FAILED, told=Told.WITHHELD),
                    Deferral(each.number, start + timedelta(days=1)),
                )))
            reports = (report,) if any(getattr(end, "report", None) == 0 for end in ends) else ()
            retired = tuple(end for end in ends if isinstance(end, Retirement))
            deferred = tuple(end for end in ends if isinstance(end, Deferral))
            tries = tuple(Attempt(end.number, start, "mx.example.net") for end in ends)
            queued = await store.settle(
                Settlement(one, start, tries, deferred, retired, reports)
            )
            for end in retired:
                say("ended", one.message.id, end.number, end.terminal.value, *(
                    queued if end.report == 0 else ()))
        if not leased:
            await asyncio.sleep(0.001)

async def main():
    async with open_store(url, random_bits=chance.getrandbits) as store:
        say("open")
        await asyncio.gather(
            *(accept_some(store, name) for name in range(6)),
            *(settle_some(store, f"node{n}") for n in range(2)),
        )

asyncio.run(main())
"""


# What must hold in every queue of victims, however they ended: each finds what breaks it.
NOWHERE = {
    "a message without its recipients": """
        SELECT id FROM messages WHERE 2 <>
        (SELECT count(*) FROM recipients WHERE recipients.message = messages.id)""",
    "a message that miscounts its recipients": """
        SELECT id FROM messages WHERE unfinished <>
        (SELECT count(*) FROM recipients WHERE message = messages.id AND state <> 'done')""",
    "an end without its outcome": """
        SELECT recipients.message FROM recipients LEFT JOIN outcomes
        ON outcomes.message = recipients.message AND outcomes.number = recipients.number
        WHERE (recipients.state = 'done') <> (outcomes.message IS NOT NULL)""",
    "an outcome without its attempt": """
        SELECT outcomes.message FROM outcomes LEFT JOIN attempts
        ON outcomes.message = attempts.message AND outcomes.number = attempts.number
        WHERE attempts.message IS NULL""",
    "a failure without its report": """
        SELECT outcomes.message FROM outcomes LEFT JOIN messages ON messages.id = outcomes.report
        WHERE outcomes.told = 'reported' AND
        (messages.id IS NULL OR messages.about <> outcomes.message)""",
    "a report about nothing": """
        SELECT id FROM messages WHERE about IS NOT NULL AND
        NOT EXISTS (SELECT 1 FROM outcomes WHERE outcomes.report = messages.id)""",
    "two reports of one moment": """
        SELECT message FROM outcomes WHERE report IS NOT NULL
        GROUP BY message, number HAVING count(*) > 1""",
    "a body that is needed and gone, or kept and not needed": """
        SELECT id FROM messages WHERE (finished IS NULL) <> (body IN (SELECT id FROM bodies))
        UNION ALL SELECT id FROM bodies WHERE users <>
        (SELECT count(*) FROM messages WHERE messages.body = bodies.id)""",
    "a count without its message": """
        SELECT 1 WHERE (SELECT count(*) FROM messages) <>
        (SELECT coalesce(sum(count), 0) FROM counters)""",
}


def let_it_run(
    url: str, seed: int, seconds: float, said: Path, *, after: bytes = b"open"
) -> list[list[str]]:
    """Start a victim, kill it so long after it has said that, and return what it promised."""
    with (
        said.open("wb") as promises,
        subprocess.Popen(  # noqa: S603  # the program above
            [sys.executable, "-c", VICTIM, url, str(seed)], stdout=promises, stderr=subprocess.PIPE
        ) as victim,
    ):
        while after not in said.read_bytes():
            assert victim.poll() is None, victim.stderr.read().decode()
            time.sleep(0.005)
        time.sleep(seconds)
        victim.send_signal(signal.SIGKILL)
        assert victim.wait() == -signal.SIGKILL, victim.stderr.read().decode()
    return [line.split() for line in said.read_text().splitlines()[1:]]


async def check(store, sql, url: str, promises: list[list[str]]) -> Counter[str]:
    """Hold the queue to what was promised, and to what must always be; count the promises."""
    for what, query in NOWHERE.items():
        assert sql(url, query) == [], what
    kept = Counter(words[0] for words in promises)
    for kind, id_, *rest in promises:
        entry = (await store.life(id_)).entry
        if kind == "accepted":
            await _check_body(store, entry)
        else:
            number, terminal, *report = rest
            outcome = entry.recipients[int(number)].outcome
            assert (outcome.terminal, outcome.report) == (terminal, report[0] if report else None)
    return kept


def files_in(folder: Path) -> set[str]:
    """Return the names of the files in the folder."""
    return {path.name for path in folder.iterdir()}


async def _check_body(store, entry: Entry) -> None:
    """Read the message's body, unless it is finished; its subject says what must be in it."""
    size, octets = entry.message.subject.split()
    if entry.message.finished is None:
        pieces = [piece async for piece in store.body(entry.message.id, node="x", now=None)]
        expected = (octets.encode() * (int(size) // 16 + 1))[: int(size)]
        assert b"".join(pieces) == expected


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 25), ("postgresql", 5)])
def test_what_was_acknowledged_survives(request, tmp_path, open_, sql, database, kills):
    """The seed that is printed makes the same moments again, as far as a machine can."""
    seed = int(os.environ.get("WHYBOUNCE_SEED") or secrets.randbits(32))
    print(f"WHYBOUNCE_SEED={seed}")  # noqa: T201  # pytest shows it where this fails
    chance = random.Random(seed)  # noqa: S311  # to be had again
    # On the disk, not in memory: its delays are where the moments lie.
    url = f"sqlite:///{tmp_path}/queue.db"
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    kept: Counter[str] = Counter()

    async def look(promises: list[list[str]]) -> None:
        async with open_(url) as store:
            kept.update(await check(store, sql, url, promises))
            if database == "sqlite":
                named = {name for (name,) in sql(url, "SELECT file FROM bodies WHERE file > ''")}
                assert files_in(tmp_path / "queue.db.bodies") == named

    for kill in range(kills):
        seconds = chance.choice((0.0, 0.02, 0.1, 0.3)) * chance.random()
        # Until the last one, all may have been too short for any promise.
        after = b"ended" if kill == kills - 1 else b"open"
        promises = let_it_run(url, seed + kill, seconds, tmp_path / "promises", after=after)
        asyncio.run(look(promises))

    assert kept["accepted"] > 0
    assert kept["ended"] > 0
    if database == "sqlite":
        assert sql(url, "PRAGMA integrity_check") == [("ok",)]
        assert sql(url, "PRAGMA foreign_key_check") == []
