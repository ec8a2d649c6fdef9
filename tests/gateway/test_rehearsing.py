"""What the gateway says it would say, held against what it says when the mail really comes."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from serving import ANNA, configured, outside, running_demonstration
from whybounce.gateway.operating.requests import AddBlock, Refused, Rehearse, Rehearsed
from whybounce.gateway.service import Running, operating_alone
from whybounce.gateway.store import tables
from whybounce.provoking.mail_server import Behaviour
from whybounce.wire.rehearsals import Rehearsal

PROXIED = """
[[listener]]
name = "proxied"
addresses = ["127.0.0.1:0"]
xclient = ["127.0.0.1"]

[web]
private = true
"""
CHRIS = "chris@remote.example"
FAR = "203.0.113.9"


@asynccontextmanager
async def gateway_of(
    folder: Path, behaviour: Behaviour | None = None, more: str = ""
) -> AsyncIterator[Running]:
    """Run a gateway with the demonstration's people, and a remote server beside it."""
    async with outside(behaviour) as world:
        config = configured(folder, world, more=PROXIED + more)
        async with running_demonstration(config) as gateway:
            yield gateway


async def rehearsed(gateway: Running, sender: str, recipient: str, **more: object) -> Rehearsal:
    """Return what would be said."""
    wanted = {"ip": FAR, **more}
    answer = await gateway.operator.perform(
        Rehearse(sender=sender, recipient=recipient, **wanted), "olga"
    )
    assert isinstance(answer, Rehearsed), answer
    return answer.rehearsal


async def really(gateway: Running, sender: str, recipient: str, ip: str = FAR) -> str:
    """Bring the mail as that client; return what is answered at the first step that is refused."""

    def bring() -> str:
        with smtplib.SMTP("127.0.0.1", gateway.ports["proxied"][0], timeout=30) as smtp:
            smtp.ehlo("proxy.example")
            address = f"IPV6:{ip}" if ":" in ip else ip
            assert smtp.docmd("XCLIENT", f"ADDR={address} NAME=[UNAVAILABLE]")[0] == 220
            smtp.ehlo(f"[{ip}]")
            for code, said in (smtp.mail(sender), smtp.rcpt(recipient)):
                if code >= 400:
                    return f"{code} {said.decode()}"
            code, said = smtp.data(f"From: <{sender or CHRIS}>\r\n\r\nHello.\r\n")
            return f"{code} {said.decode()}" if code >= 400 else ""

    return await asyncio.to_thread(bring)


CASES = {
    "good mail": (CHRIS, ANNA),
    "nobody there": (CHRIS, "nobody@contoso.example"),
    "to relay": (CHRIS, "dana@elsewhere.example"),
    "in our name": (ANNA, "nobody@contoso.example"),
    "a postmaster": (CHRIS, "postmaster"),
    "the null return path": ("", ANNA),
}


async def test_what_is_rehearsed_is_what_is_said(tmp_path):
    """By the same reply, or by none."""
    async with gateway_of(tmp_path) as gateway:
        for sender, recipient in CASES.values():
            told = await rehearsed(gateway, sender, recipient)
            said = await really(gateway, sender, recipient)

            assert (told.reply or "") == said.replace("\n", " "), (sender, recipient)
            assert (told.would == "accept") == (said == "")
            deciding = [each.policy for each in told.sayings if each.decides]
            assert deciding == ([told.policy] if told.policy else [])


async def test_a_block_is_told_with_its_cause(tmp_path):
    """And once it decides, those behind it are told all the same."""
    async with gateway_of(tmp_path) as gateway:
        await gateway.operator.perform(AddBlock(kind="ip", subject=FAR), "olga")
        told = await rehearsed(gateway, CHRIS, "nobody@contoso.example")
        said = await really(gateway, CHRIS, "nobody@contoso.example")
    refusing = [each.policy for each in told.sayings if each.says == "refuse"]

    assert told.reply == said.replace("\n", " ")
    assert told.policy == refusing[0]
    assert "recipient_exists" in refusing[1:]


async def test_nothing_is_written_by_it(tmp_path):
    """No counter, no block, no event, no message; asked however often."""
    async with gateway_of(tmp_path) as gateway:
        before = await _rows(gateway)
        for _ in range(3):
            await rehearsed(gateway, CHRIS, ANNA)
            await rehearsed(gateway, CHRIS, "nobody@contoso.example")
            await rehearsed(gateway, ANNA, "dana@remote.example", account=ANNA)
        after = await _rows(gateway)

    assert after == before


async def _rows(gateway: Running) -> dict[str, list]:
    """Return all that is kept, but who does the chores."""

    def kept(connection) -> dict[str, list]:
        named = (each for each in tables.METADATA.tables.values() if each is not tables.tokens)
        return {each.name: connection.execute(select(each)).all() for each in named}

    return await gateway.store.ask(kept)


async def test_a_quota_that_is_used_up_is_told(tmp_path):
    """A counter is read, and stands where it stood."""
    async with gateway_of(tmp_path) as gateway:
        popular = "popular@contoso.example"
        for number in range(5):
            assert await really(gateway, f"c{number}@remote.example", popular) == ""
        told = [await rehearsed(gateway, CHRIS, popular) for _ in range(2)]
        said = await really(gateway, CHRIS, popular)

    assert told[0].reply == told[1].reply == said.replace("\n", " ")
    assert told[0].policy == "received_per_hour"


async def test_a_mailbox_without_room_is_told_by_the_size(tmp_path):
    """Nothing is known against a message whose size nobody says."""
    full = "full@contoso.example"
    async with gateway_of(tmp_path) as gateway:
        told = await rehearsed(gateway, CHRIS, full, octets=2)
        other = await rehearsed(gateway, CHRIS, full)

    assert (told.would, told.policy, told.cause) == ("refuse", "mailbox_has_room", "mailbox-full")
    assert (other.would, "size" in other.unknown) == ("accept", True)


async def test_who_is_signed_in_is_taken_for_who_they_are(tmp_path):
    """By the listener for our own people."""
    async with gateway_of(tmp_path) as gateway:
        told = await rehearsed(gateway, ANNA, "dana@remote.example", account=ANNA)
        other = await rehearsed(gateway, CHRIS, "dana@remote.example", account=ANNA)

    assert (told.would, told.taken_for, told.taken_name) == ("accept", "account", ANNA)
    assert (told.listener, told.organisation, told.is_ours) == ("submission", "Contoso", False)
    assert (other.would, other.policy) == ("refuse", "return_path_owned")


async def test_a_size_is_held_against_what_is_taken_at_all(tmp_path):
    """As the conversation does, before any policy."""
    async with gateway_of(tmp_path) as gateway:
        told = await rehearsed(gateway, CHRIS, ANNA, octets=99_000_000)

    assert (told.would, told.cause) == ("refuse", "message-too-large")
    assert told.reply == "552 5.3.4 The message is larger than the 36700160 octets taken here"
    assert "size" not in told.unknown


@pytest.mark.parametrize(
    ("reply", "result", "answer"),
    [
        (None, "pass", "holds"),
        ("550 5.1.1 No such user", "refused", "fails"),
        ("451 4.7.1 Greylisted", "deferred", "unknown"),
    ],
)
async def test_the_recipient_s_own_server_is_asked_only_if_wished(tmp_path, reply, result, answer):
    """Nothing is handed over to it."""
    async with outside(Behaviour(replies={"RCPT": reply} if reply else {})) as world:
        config = configured(tmp_path, world, more=PROXIED)
        async with running_demonstration(config) as gateway:
            unasked = await rehearsed(gateway, ANNA, "dana@remote.example", account=ANNA)
            connections = world.remote.connections
            told = await rehearsed(gateway, ANNA, "dana@remote.example", account=ANNA, probe=True)

    assert unasked.probe is None
    assert "remote" in unasked.unknown
    assert connections == 0
    assert told.probe is not None
    assert (told.probe.result, told.probe.answer) == (result, answer)
    assert world.remote.received == []


async def test_no_inner_server_is_asked_unless_that_is_allowed(tmp_path):
    """By the same key that lets visitors check inner networks."""
    async with outside() as world:
        config = configured(tmp_path, world)
        async with running_demonstration(config) as gateway:
            told = await rehearsed(gateway, ANNA, "dana@remote.example", account=ANNA, probe=True)

    assert told.probe is not None
    assert told.probe.result == "unknown"
    assert "inner network" in told.probe.evidence
    assert world.remote.connections == 0


FAULTY = (
    ({"ip": "300.1.1.1"}, "is no IP address"),
    ({"sender": "a b@c"}, ""),
    ({"recipient": ""}, ""),
    ({"recipient": "a@b.example> SIZE=1"}, "'a@b.example> SIZE=1' is no address: it goes on"),
    ({"recipient": "nonsense"}, "'nonsense' is no address: an address has an @"),
    ({"account": "nobody"}, "there is no account 'nobody'"),
    ({"listener": "sideways"}, "there is no listener 'sideways'"),
    ({"author": "x"}, ""),
)


async def test_what_cannot_be_rehearsed_is_refused_in_words(tmp_path):
    """With what is wrong, and no traceback."""
    async with running_demonstration(configured(tmp_path)) as gateway:
        for wanted, why in FAULTY:
            asked = {"sender": CHRIS, "recipient": ANNA, "ip": FAR, **wanted}
            answer = await gateway.operator.perform(Rehearse(**asked), "olga")

            assert isinstance(answer, Refused), wanted
            assert why in answer.why


async def test_where_no_gateway_runs_its_queue_is_asked(tmp_path):
    """The directory is the one that was loaded last."""
    config = configured(tmp_path)
    async with running_demonstration(config):
        pass
    async with operating_alone(config) as operator:
        answer = await operator.perform(
            Rehearse(sender=CHRIS, recipient="nobody@contoso.example", ip=FAR), "olga"
        )

    assert isinstance(answer, Rehearsed)
    assert answer.rehearsal.cause == "recipient-not-found"
