"""Connections that wait for the next message, and those that do not."""

import asyncio

import pytest

from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.opening import Line, Opened
from whybounce.gateway.delivery.tls_policies import TlsPolicy
from whybounce.provoking.mail_server import MailServer

CLEAR = TlsPolicy("none", None)


def line_to(server: MailServer, policy: TlsPolicy = CLEAR) -> Line:
    """Return the line to a server that is the first of its world."""
    return Line(Host(server.host, ("127.0.0.20",), secure=False), "127.0.0.20", server.port, policy)


async def test_a_connection_is_used_again_and_left_when_nothing_comes(world):
    """With QUIT, after a moment."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        connections = (await w.made()).connections
        connections.idle_seconds = 0.1
        for _ in range(3):
            async with connections.to(line_to(server)) as opened:
                last = opened
        assert server.connections == 1
        assert last.connection is not None
        assert last.connection.is_usable
        await asyncio.sleep(0.3)

    assert not last.connection.is_usable


async def test_after_so_many_messages_a_connection_is_left(world):
    """Servers grow suspicious of those that never leave."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        connections = (await w.made()).connections
        connections.most_messages = 2
        for _ in range(6):
            async with connections.to(line_to(server)):
                pass

    assert server.connections == 3


async def test_another_policy_has_connections_of_its_own(world):
    """What was opened for one that demands nothing is not used for one that does."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        connections = (await w.made()).connections
        for policy in (CLEAR, TlsPolicy("off", None)):
            async with connections.to(line_to(server, policy)):
                pass

    assert server.connections == 2


async def test_a_connection_in_use_when_all_are_closed_is_left_afterwards(world):
    """Nothing waits any more."""
    async with world() as w:
        server = await w.serve("mx1.example.org")
        connections = (await w.made()).connections
        async with connections.to(line_to(server)) as opened:
            await connections.close()
            assert opened.connection is not None
            assert opened.connection.is_usable
        await connections.close()

    assert not opened.connection.is_usable


async def test_who_fails_while_using_a_connection_frees_its_place(world):
    """The next one gets it."""
    async with world(most=1) as w:
        server = await w.serve("mx1.example.org")
        connections = (await w.made()).connections

        async def failing() -> None:
            async with connections.to(line_to(server)):
                raise RuntimeError("a mistake")

        with pytest.raises(RuntimeError, match="a mistake"):
            await failing()
        opened: Opened
        async with asyncio.timeout(60), connections.to(line_to(server)) as opened:
            assert opened.connection is not None
