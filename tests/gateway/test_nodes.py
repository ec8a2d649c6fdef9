"""Two nodes on one database; and a database that is gone or slow."""

import asyncio
import os
import random
import secrets
import signal
from collections import Counter

import psycopg
import pytest

from proving import ANNA, BEN, place, send, under_load
from whybounce.provoking.mail_server import Received

SHORT = {"WHYBOUNCE_LEASE": "4"}  # Seconds.
LONGER = {"WHYBOUNCE_LEASE": "6"}  # Under load no node must lose what it has.
FIRST = {
    "WHYBOUNCE_NAME": "first.contoso.example"
}  # So that the remote can tell it from the other.
AT_ONCE = 5  # Deliveries to one destination, until one of them has come to its end.


def chance() -> random.Random:
    """Return chance that can be had again."""
    seed = int(os.environ.get("WHYBOUNCE_SEED") or secrets.randbits(32))
    print(f"WHYBOUNCE_SEED={seed}")  # noqa: T201  # pytest shows it where this fails
    return random.Random(seed)  # noqa: S311  # likewise


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_had_twice_is_what_a_node_had_in_flight_and_no_more(postgresql, tmp_path, how):
    """In flight: leased by it, and begun. What it had leased besides is had once, from the other.

    One that was stopped past its lease wakes, records nothing, begins nothing, and goes on with new mail.
    """
    sent, heard, had = [], set(), Counter()
    released = asyncio.Event()

    async def keep(received: Received) -> None:
        (recipient,) = received.recipients
        if received.helo == FIRST["WHYBOUNCE_NAME"] and not released.is_set():
            heard.add(recipient)
            await released.wait()
        had[recipient] += 1

    async with place(tmp_path, chance(), server=postgresql, nodes=2) as there:
        there.remote.keep = keep
        first, second = there.nodes
        await asyncio.gather(first.start({**LONGER, **FIRST}), second.start(LONGER))
        leased: set[str] = set()
        async with asyncio.timeout(120):
            while len(heard) < AT_ONCE or len(leased) < 2 * AT_ONCE:
                sent.append(f"good.{len(sent)}@remote.example")
                answer = await asyncio.to_thread(send, first.ports["submission"], sent[-1])
                assert answer[0] == 250
                leased = {recipient for _, recipient in there.held_by("node0")}
        first.send_signal(how)
        leased = {recipient for _, recipient in there.held_by("node0")}
        if how is signal.SIGKILL:
            await first.ended()
        await there.settled()
        released.set()
        if how is signal.SIGSTOP:  # It hears its 250s now, and what it had not begun is over.
            first.send_signal(signal.SIGCONT)
        async with asyncio.timeout(60):
            while sum(had.values()) < len(sent) + len(heard):  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.05)
        recorded = there.ask("SELECT node, count(*) FROM attempts GROUP BY node")
        if how is signal.SIGSTOP:
            sent.append("good.later@remote.example")
            await asyncio.to_thread(send, first.ports["submission"], sent[-1])
            await there.settled()
            assert "its lease ran out here" in first.log.read_text()
        ends = there.ask("SELECT count(*) FROM outcomes")
    twice = {recipient for recipient, times in had.items() if times > 1}
    print(f"{len(sent)} sent, {len(leased)} leased, {len(heard)} in flight, {len(twice)} twice")  # noqa: T201  # likewise

    assert set(had) == set(sent)
    assert ends == [(len(sent),)]
    assert [node for node, _ in recorded] == ["node1"], "the other recorded nothing"
    assert twice == heard, "the remote had taken these, and nobody had recorded it"
    assert max(had.values()) == 2
    assert len(twice) == AT_ONCE
    assert heard < leased


async def test_nodes_that_are_killed_and_stopped_lose_nothing_to_each_other(postgresql, tmp_path):
    """Had twice is only what it had leased when it was stopped or killed, and had handed over."""
    async with place(tmp_path, chance(), server=postgresql, nodes=2) as there:
        first, second = there.nodes
        await asyncio.gather(first.start({**SHORT, **FIRST}), second.start(SHORT))
        async with under_load(there):
            await asyncio.sleep(1)
            first.send_signal(signal.SIGSTOP)
            held = there.held_by("node0")
            await asyncio.sleep(6)
            first.send_signal(signal.SIGCONT)
            await asyncio.sleep(1)
            first.send_signal(signal.SIGKILL)
            held |= there.held_by("node0")
            await first.ended()
        await there.settled()
        count = there.count(2)
        await second.stop()
    handed = held & there.ledger.handed.get(FIRST["WHYBOUNCE_NAME"], set())
    in_mailboxes = {
        mail for mail in held if mail[1] in {ANNA, BEN} and there.ledger.delivered[mail]
    }
    twice = {mail for mail, times in there.ledger.delivered.items() if times > 1}
    print(f"{count}; of {len(held)} held {len(handed)} were handed over")  # noqa: T201  # likewise

    assert (count.lost, count.reported_twice, count.damaged) == ((), (), ())
    assert count.acknowledged > 0
    assert twice <= handed | in_mailboxes


async def test_without_its_database_it_says_451_and_goes_on_when_that_is_back(postgresql, tmp_path):
    """Nobody does anything to the gateway; nobody is told 5xx, nor of internals."""
    async with place(tmp_path, chance(), server=postgresql) as there:
        await there.served.start()
        port = there.served.ports["submission"]
        before = await asyncio.to_thread(send, port, BEN)
        await asyncio.to_thread(postgresql.stop, signal.SIGQUIT)
        try:
            gone = await asyncio.to_thread(send, port, BEN)
        finally:
            await asyncio.to_thread(postgresql.start)
        back = await asyncio.to_thread(send, port, BEN)
        await there.settled()
        code = await there.served.stop()
        there.read_mailbox(BEN)

    assert (before[0], back[0], code) == (250, 250, 0)
    assert gone[0] in {451, 454}, gone
    assert b"psycopg" not in gone[1]
    assert sum(there.ledger.delivered.values()) == 2


async def test_a_database_that_does_not_answer_is_451_in_time(postgresql, tmp_path):
    """A lock on the table holds it up for longer than a client should wait."""
    async with place(tmp_path, chance(), server=postgresql) as there:
        await there.served.start()
        port = there.served.ports["submission"]
        with psycopg.connect(there.url) as blocking:
            blocking.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
            slow = await asyncio.to_thread(send, port, BEN, timeout=60)
        back = await asyncio.to_thread(send, port, BEN)
        await there.settled()
        await there.served.stop()

    assert slow[0] == 451
    assert back[0] == 250
