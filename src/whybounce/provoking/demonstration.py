"""The demonstration: a gateway with two organisations, in a world of its own on loopback.

It asks the world's DNS and no other, so that whatever its people send stays on this machine.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from whybounce.gateway.config import Config, read_config
from whybounce.gateway.directory import (
    DirectoryTable,
    checked,
    demonstration as organisations,
    read_directory,
)
from whybounce.gateway.service import Running, running
from whybounce.gateway.store import NewBlock
from whybounce.gateway.values import Endpoint
from whybounce.provoking.conditions import rows
from whybounce.provoking.whereabouts import Whereabouts
from whybounce.provoking.world import World

FILE = Path(__file__).with_name("demonstration.toml")
PEOPLE = Path(__file__).with_name("people.toml")  # Beside those whom people get to know.
OUTSIDE = "outside"  # The Maildir of everybody else, among those of our people.
_WHO_BLOCKS = "the demonstration"
FOR_CONDITIONS = "programs"  # A listener that only conditions need.
INBOUND, SUBMISSION = 2525, 2587


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The demonstration while it runs."""

    gateway: Running
    world: World
    config: Config
    directory: DirectoryTable  # Whom people get to know.

    @property
    def mailboxes(self) -> Path:
        """The folder with the Maildirs."""
        return Path(self.config.server.mailboxes)

    @property
    def whereabouts(self) -> Whereabouts:
        """What a client needs to know."""
        ports = self.gateway.ports
        return Whereabouts(
            ports["inbound"][0],
            ports["submission"][0],
            ports[FOR_CONDITIONS][0],
            self.mailboxes,
        )


@asynccontextmanager
async def demonstration(
    folder: Path,
    environ: Mapping[str, str],
    *,
    inbound: int = INBOUND,
    submission: int = SUBMISSION,
    site: str = "",
) -> AsyncIterator[Demonstration]:
    """Run it.

    Args:
        folder: Where its queue and its mailboxes are kept.
        environ: Overrides keys of ``[server]``, as it does for every gateway.
        inbound: The port for other servers; 0 for one that is free.
        submission: The port for our people, likewise.
        site: Where its pages are, so that replies and mails can name them; empty: nowhere.

    Raises:
        AddressTakenError: One of the ports cannot be had.
        ConfigError: A variable of the environment cannot be used.
        StoreError: The queue cannot be opened.
        OSError: The folder cannot be used, or loopback has no free port.

    """
    here = {"WHYBOUNCE_QUEUE": str(folder), "WHYBOUNCE_MAILBOXES": str(folder / "mailboxes")}
    read = read_config(FILE, {**here, **environ})
    ports = {"inbound": inbound, "submission": submission}
    listeners = tuple(
        replace(each, addresses=(Endpoint(f"127.0.0.1:{ports.get(each.name, 0)}"),))
        for each in read.listener
    )
    world = World(Path(read.server.mailboxes) / OUTSIDE)
    await world.start()
    try:
        outbound = replace(
            read.outbound,
            resolver=world.resolver,
            port=world.port,
            mta_sts_port=world.policies_port,
            authorities=_authorities(folder, world),
        )
        reports = replace(read.reports, delisting=f"{site}delist" if site else "")
        config = replace(read, listener=listeners, outbound=outbound, reports=reports)
        known = organisations()
        beside = read_directory(PEOPLE, plain_passwords=True).organisation
        table = DirectoryTable(
            organisation=(*known.organisation, *beside, world.organisation()),
        )
        async with running(config, checked(table, "demonstration")) as gateway:
            await _block(gateway)
            yield Demonstration(gateway, world, config, known)
    finally:
        await world.stop()


def _authorities(folder: Path, world: World) -> Path:
    """Write down whom to trust: whoever issued the certificates of the world's servers."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "authority.pem"
    file.write_bytes(world.authority.pem)
    return file


async def _block(gateway: Running) -> None:
    """Put the blocks of the conditions in force; those that are already, stay."""
    for name, row in rows().items():
        if row.block is not None:
            cause, now = name.partition("=")[0], datetime.now(UTC)
            block = NewBlock(
                row.block.kind, row.block.subject, cause, row.block.reason, _WHO_BLOCKS, now
            )
            await gateway.store.block(block)
