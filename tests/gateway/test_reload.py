"""A reload while the gateway runs: how mail leaves, is signed, is forwarded and is tried again."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from serving import bring, configured, outside, submit
from signing import pair
from whybounce.gateway.config import read_config
from whybounce.gateway.directory import DirectoryTable, demonstration, read_directory
from whybounce.gateway.service import Running, running
from whybounce.gateway.store import Filter
from whybounce.provoking.mail_server import Behaviour, MailServer, Received

SIGNING = '[[signing]]\ndomain = "contoso.example"\nselector = "s1"\nkey = "signing.pem"\n'
FORWARDING = '[forwarding]\ndomain = "srs.contoso.example"\nsecret = "a secret"\n'
RETRY = "[retry]\nwaits = ['1s']\n"
MORE = """
[[organisation]]
name = "Adatum"
[[organisation.domain]]
name = "adatum.example"
[[organisation.mailbox]]
address = "ada@adatum.example"
forward-to = ["ada@remote.example"]
keep-copy = false
"""


async def _taken(server: MailServer) -> Received:
    async with asyncio.timeout(60):
        while not server.received:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.02)
    return server.received.pop()


async def _next_try(gateway: Running, recipient: str) -> datetime:
    """Return when the recipient is tried again, once there was a first try."""
    async with asyncio.timeout(60):
        while True:
            entries = (await gateway.store.queue(Filter(), most=9)).entries
            for each in (each for entry in entries for each in entry.recipients):
                if each.address == recipient and each.tries and each.due is not None:
                    return each.due
            await asyncio.sleep(0.02)


async def test_how_mail_leaves_is_changed_while_it_runs(in_memory: Path):
    """Another port, a signature, a rewritten return path: from the next message on, and none is lost."""
    file = in_memory / "whybounce.toml"
    people = in_memory / "people.toml"
    people.write_text(MORE)
    (in_memory / "signing.pem").write_bytes(pair().private)
    tables = [demonstration()]

    def reread() -> tuple:
        return read_config(file, {}), tables[-1]

    other = MailServer("mx.remote.example")
    await other.start()
    try:
        async with outside() as world:
            config = configured(in_memory, world)
            async with running(config, tables[0], reread=reread) as gateway:
                await submit(gateway, "zoe@remote.example")
                plain = await _taken(world.remote)
                text = file.read_text().replace(
                    f"\nport = {world.remote.port}", f"\nport = {other.port}"
                )
                file.write_text(text + SIGNING.replace("signing.pem", "nowhere.pem"))
                wrong = await gateway.reload()
                file.write_text(text + SIGNING + FORWARDING + RETRY)
                tables.append(
                    DirectoryTable(
                        organisation=(
                            *tables[0].organisation,
                            *read_directory(people).organisation,
                        )
                    )
                )
                reloaded = await gateway.reload()
                await submit(gateway, "zoe@remote.example")
                signed = await _taken(other)
                await bring(gateway, "ada@adatum.example")
                forwarded = await _taken(other)
                settings = gateway.settings()
    finally:
        await other.stop()

    assert b"DKIM-Signature" not in plain.data
    assert "nowhere.pem" in "".join(wrong.faults)
    assert reloaded.faults == reloaded.at_next_start == ()
    assert set(reloaded.changed) == {"outbound", "signing", "forwarding", "retry", "directory"}
    assert b"DKIM-Signature: " in signed.data
    assert forwarded.mail_from.endswith("=chris@srs.contoso.example")
    assert settings.schedule.waits[0].total_seconds() == 1


async def test_a_schedule_that_was_changed_is_the_next_tries(in_memory: Path):
    """What waits already keeps its time; an operator may have it tried at once."""
    async with outside(Behaviour(replies={"RCPT": "451 4.7.1 Come back later"})) as world:
        config = configured(in_memory, world, more="[retry]\nwaits = ['2h']\nexpire = '5d'\n")
        file = in_memory / "whybounce.toml"
        table = demonstration()
        async with running(config, table, reread=lambda: (read_config(file, {}), table)) as gateway:
            await submit(gateway, "zoe@remote.example")
            before = await _next_try(gateway, "zoe@remote.example")
            file.write_text(file.read_text().replace("'2h'", "'1d'"))
            reloaded = await gateway.reload()
            await submit(gateway, "yves@remote.example")
            after = await _next_try(gateway, "yves@remote.example")
            kept = await _next_try(gateway, "zoe@remote.example")

    assert reloaded.changed == ("retry",)
    assert kept == before
    assert after - before > timedelta(hours=12)
