"""Two nodes on one database; and a database that is gone or slow."""

import asyncio
import os
import random
import secrets
import signal

import psycopg

from proving import ANNA, BEN, place, send, under_load
from whybounce.provoking.mail_server import Received

LEASE = {"WHYBOUNCE_LEASE": "2"}
LONGER = {"WHYBOUNCE_LEASE": "4"}  # Under load the other node must not lose its own.
FIRST = {
    "WHYBOUNCE_NAME": "first.contoso.example"
}  # So that the remote can tell it from the other.


def chance() -> random.Random:
    """Return chance that can be had again."""
    seed = int(os.environ.get("WHYBOUNCE_SEED") or secrets.randbits(32))
    print(f"WHYBOUNCE_SEED={seed}")  # noqa: T201  # pytest shows it where this fails
    return random.Random(seed)  # noqa: S311  # likewise


async def test_a_node_stopped_past_its_lease_records_nothing_afterwards(postgresql, tmp_path):
    """The other node carries its mail; what it has in its hands it does not begin."""
    held, taken = asyncio.Event(), []
    async with place(tmp_path, chance(), server=postgresql, nodes=2) as there:
        first, second = there.nodes

        async def keep(received: Received) -> None:
            taken.append(received.recipients[0])
            if len(taken) == 1:
                await held.wait()

        there.remote.keep = keep
        await first.start(LEASE)
        await asyncio.to_thread(send, first.ports["submission"], "good.1@remote.example")
        while not taken:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.02)
        first.send_signal(signal.SIGSTOP)
        await second.start(LEASE)
        await there.settled()
        held.set()  # The first node hears its 250 when it goes on.
        first.send_signal(signal.SIGCONT)
        await asyncio.to_thread(send, first.ports["submission"], "good.2@remote.example")
        await there.settled()
        nodes = there.ask("SELECT node FROM attempts ORDER BY id")
        ends = there.ask("SELECT count(*) FROM outcomes")
        await first.stop()
        await second.stop()

    assert taken == ["good.1@remote.example"] * 2 + ["good.2@remote.example"]
    assert nodes[0] == ("node1",)
    assert len(nodes) == 2
    assert ends == [(2,)]
    assert "lease" in first.said()


async def test_nodes_that_are_killed_and_stopped_lose_nothing_to_each_other(postgresql, tmp_path):
    """Had twice is only what it had leased when it was stopped or killed, and had handed over."""
    async with place(tmp_path, chance(), server=postgresql, nodes=2) as there:
        first, second = there.nodes
        await asyncio.gather(first.start({**LONGER, **FIRST}), second.start(LONGER))
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
