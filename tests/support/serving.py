"""The whole gateway on free ports, a world for it to deliver to, and clients that send through it."""

import asyncio
import smtplib
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from whybounce.gateway.config import Config, read_config
from whybounce.gateway.directory import demonstration
from whybounce.gateway.resolving import folder_of
from whybounce.gateway.service import Running, running
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.name_server import NameServer, Records

ANNA = "anna@contoso.example"
MAIL = "From: anna@contoso.example\r\nSubject: Minutes\r\n\r\nSee below.\r\n"


@dataclass
class Outside:
    """The world the gateway delivers to."""

    remote: MailServer
    dns: NameServer


@asynccontextmanager
async def outside(behaviour: Behaviour | None = None) -> AsyncIterator[Outside]:
    """Run a remote server for remote.example, and a DNS that knows it."""
    records = Records()
    records.add("remote.example", "MX", "10 mx.remote.example.")
    records.add("mx.remote.example", "A", "127.0.0.1")
    records.add("misled.example", "MX", "10 mail.contoso.example.")
    remote, dns = MailServer("mx.remote.example", behaviour), NameServer(records)
    await remote.start()
    await dns.start()
    try:
        yield Outside(remote, dns)
    finally:
        await dns.stop()
        await remote.stop()


# Nobody answers where the DNS should be; what asks it would have to wait for it.
_WITHOUT_DNS = """
[policies]
authentication_told = "off"
spf_passed = "off"
ipv6_named = "off"
ipv6_authenticated = "off"
dmarc_passed = "off"
"""


def configured(
    folder: Path, world: Outside | None = None, *, outbound: str = "", more: str = ""
) -> Config:
    """Return a configuration on free ports, with its data in the folder."""
    file = folder / "whybounce.toml"
    dns, remote = (world.dns.port, world.remote.port) if world else (1, 1)
    more = more if world else more + _WITHOUT_DNS
    file.write_text(
        f"""
[server]
name = "mail.contoso.example"
queue = "data"
mailboxes = "mailboxes"
drain = "5s"
operating = "127.0.0.1:0"

[[listener]]
name = "inbound"
addresses = ["127.0.0.1:0"]

[[listener]]
name = "submission"
kind = "submission"
addresses = ["127.0.0.1:0"]
auth-without-tls = true

[outbound]
resolver = "127.0.0.1:{dns}"
port = {remote}
{outbound}

[reports]
organisation = "Contoso"
help-base = "https://help.contoso.example"
{more}
"""
    )
    return read_config(file, {})


@contextmanager
def in_a_thread(gateway: AbstractAsyncContextManager[Running]) -> Iterator[Running]:
    """Run the gateway beside a test that is no coroutine."""
    begun: Future[Running] = Future()
    over = threading.Event()

    async def run() -> None:
        try:
            async with gateway as running:
                begun.set_result(running)
                while not over.is_set():  # noqa: ASYNC110  # it is set by another thread
                    await asyncio.sleep(0.02)
        except Exception as error:
            if begun.done():
                raise
            begun.set_exception(error)

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    try:
        yield begun.result(60)
    finally:
        over.set()
        thread.join(60)


class Undeclaring(smtplib.SMTP):
    """A client that declares no SIZE, RFC 1870: whether there is room is found out at delivery."""

    def has_extn(self, opt: str) -> bool:
        """Whether the server can do that, as far as the client cares."""
        return opt.lower() != "size" and super().has_extn(opt)


async def submit(
    gateway: Running,
    *recipients: str,
    mail: str | bytes = MAIL,
    sender: str = ANNA,
    options: tuple[str, ...] = (),
    by: type[smtplib.SMTP] = smtplib.SMTP,
) -> dict:
    """Send as a mail program does, logged in; return who was refused."""

    def send() -> dict:
        with by(
            "127.0.0.1", gateway.ports["submission"][0], "client.example", timeout=60
        ) as client:
            client.login(ANNA, "demonstration")
            return client.sendmail(sender, recipients, mail, options)

    return await asyncio.to_thread(send)


async def bring(
    gateway: Running,
    *recipients: str,
    sender: str = "chris@remote.example",
    by: type[smtplib.SMTP] = smtplib.SMTP,
) -> dict:
    """Send as another server does; return who was refused."""

    def send() -> dict:
        with by("127.0.0.1", gateway.ports["inbound"][0], "client.example", timeout=60) as client:
            return client.sendmail(sender, recipients, MAIL)

    return await asyncio.to_thread(send)


async def mails(folder: Path, address: str, *, count: int = 1) -> list[bytes]:
    """Return what lies in a mailbox, once there is as much."""
    new = folder / "mailboxes" / folder_of(address) / "new"
    async with asyncio.timeout(60):
        while not new.is_dir() or len(found := list(new.iterdir())) < count:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.02)
    return [each.read_bytes() for each in found]


def running_demonstration(config: Config) -> AbstractAsyncContextManager[Running]:
    """Run the gateway with the demonstration's organisations."""
    return running(config, demonstration())
