"""How a condition is met: what a client says to a server that answers as it is told."""

import asyncio
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from whybounce.catalogue import catalogue
from whybounce.provoking.conditions import Client
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.naming import Condition, Conditions
from whybounce.provoking.sending import Line, NoDemonstrationError, sent
from whybounce.provoking.whereabouts import Whereabouts

ID = "<1@contoso.example>"
CONDITION = Conditions(catalogue()).named("mailbox-full")


def meeting(client: Client) -> Condition:
    """Return a condition that this client meets."""
    return Condition(CONDITION.wanted, CONDITION.causes, "by a test", "delivery", client)


@asynccontextmanager
async def listening(behaviour: Behaviour | None = None):
    """Run a server in place of the demonstration's inbound listener."""
    server = MailServer("mail.contoso.example", behaviour)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def at_port(port: int) -> Whereabouts:
    """Return a demonstration all of whose listeners are at that port."""
    return Whereabouts(inbound=port, submission=port, programs=port, mailboxes=Path("nowhere"))


async def said(server: MailServer, client: Client):
    """Return what was refused, and what was heard."""
    heard: list[Line] = []
    work = asyncio.to_thread(sent, meeting(client), at_port(server.port), ID, heard)
    return await asyncio.wait_for(work, timeout=60), heard


BEN = Client(listener="inbound", sender="c@remote.example", recipients=("ben@contoso.example",))


@pytest.mark.parametrize(
    ("at", "reply", "told"),
    [
        ("MAIL", "550 5.7.1 No", ("MAIL", "550 5.7.1 No")),
        ("RCPT", "552-5.2.2 Full\r\n552 5.2.2 up", ("RCPT", "552 5.2.2 Full 5.2.2 up")),
        ("DATA", "554 5.5.1 No", ("DATA", "554 5.5.1 No")),
        (".", "550 5.6.0 No", ("end of data", "550 5.6.0 No")),
        ("RSET", "500 5.5.1 No", None),
    ],
)
async def test_the_first_refusal_is_told_with_its_command(at, reply, told):
    """What nobody asks refuses nothing."""
    async with listening(Behaviour(replies={at: reply})) as server:
        refused, heard = await said(server, BEN)

    assert refused == told
    assert Line(is_server=False, text="mail FROM:<c@remote.example>") in [
        Line(line.is_server, line.text.partition(" ENVID")[0]) for line in heard
    ]
    assert [line.is_server for line in heard[:2]] == [True, False]


async def test_the_mail_that_counts_is_the_last_and_has_the_id():
    """The others have ids of their own; what the client adds to the header is there."""
    async with listening() as server:
        refused, _ = await said(server, structs.replace(BEN, times=3))

    ids = [b"Message-ID: <1@contoso.example>" in each.data for each in server.received]
    assert refused is None
    assert ids == [False, False, True]


async def test_a_server_that_hangs_up_is_told_as_that():
    async with listening(Behaviour(hang_up_at="MAIL")) as server:
        refused, _ = await said(server, BEN)

    assert refused is not None
    assert refused[0] == "connection"


def test_where_nobody_listens_there_is_no_demonstration():
    """Not even by chance: the port is held, and nobody listens there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(NoDemonstrationError, match=f"nobody listens at 127.0.0.1:{port}"):
            sent(meeting(BEN), at_port(port), ID, [])
