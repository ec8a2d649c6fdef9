"""Domains with real mail servers on loopback, for checks to look at: each with a defect of its own."""

import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from certificates import root
from whybounce.checking.mail_servers import Reach
from whybounce.provoking.mail_server import Behaviour, MailServer


@dataclass
class Hosts:
    """Servers by name, all on one port, each at an address of its own."""

    port: int = 0
    addresses: dict[str, str] = field(default_factory=dict)
    servers: dict[str, MailServer] = field(default_factory=dict)
    left: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def serve(
        self,
        name: str,
        certificate: ssl.SSLContext | None = None,
        behaviour: Behaviour | None = None,
    ) -> MailServer:
        """Start a server of that name."""
        server = MailServer(name, behaviour or Behaviour(certificate=certificate))
        address = f"127.0.0.{40 + len(self.addresses)}"
        await server.start(address, self.port)
        self.left.push_async_callback(server.stop)
        self.port, self.addresses[name], self.servers[name] = server.port, address, server
        return server

    def reach(self, authorities: Path | None = None, **more: object) -> Reach:
        """Return what lets them be connected to."""
        kept = {"port": self.port, "allow_private": True, "seconds": 20.0, **more}
        return Reach(authorities=authorities, **kept)  # type: ignore[arg-type]  # as each test wants it


@contextlib.asynccontextmanager
async def hosts() -> AsyncGenerator[Hosts, None]:
    """Run servers until the end of the test."""
    there = Hosts()
    async with there.left:
        yield there


def trusted(folder: Path) -> Path:
    """Return a file with the tests' root, for whoever is to trust it."""
    file = folder / "root.pem"
    file.write_bytes(root().certificate.public_bytes(Encoding.PEM))
    return file
