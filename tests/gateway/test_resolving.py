"""Where a recipient's mail goes."""

import asyncio
from pathlib import Path

from serving import bring, configured, mails, outside
from whybounce.gateway.directory import read_directory
from whybounce.gateway.service import running

PEOPLE = """
[[organisation]]
name = "Contoso"
[[organisation.domain]]
name = "contoso.example"
[[organisation.mailbox]]
address = "ada@contoso.example"
lmtp = "127.0.0.1:{port}"
[[organisation.mailbox]]
address = "ben@contoso.example"
"""


async def test_a_mailbox_may_be_kept_by_a_server_of_its_own(in_memory: Path):
    """By LMTP; the others stay where the configuration says."""
    people = in_memory / "people.toml"
    async with outside() as world:
        people.write_text(PEOPLE.format(port=world.remote.port))
        config = configured(in_memory, world)
        async with running(config, read_directory(people)) as gateway:
            await bring(gateway, "ada@contoso.example", "ben@contoso.example")
            (octets,) = await mails(in_memory, "ben@contoso.example")
            async with asyncio.timeout(60):
                while not world.remote.received:  # noqa: ASYNC110  # nothing tells of it
                    await asyncio.sleep(0.02)

    assert world.remote.received[0].recipients == ["ada@contoso.example"]
    assert b"See below." in octets
