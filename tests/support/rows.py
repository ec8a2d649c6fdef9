"""A row of the seeds as a test: the condition made real, what must be said, and what must not happen."""

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import whybounce
from serving import ANNA, Outside, configured, mails, outside, running_demonstration
from whybounce.gateway.service import Running
from whybounce.gateway.store import Filter

Said = str
"""A reply as the client got it, or the NDR's octets as text."""

PASSWORD = "demonstration"  # noqa: S105  # of everybody in the demonstration

NOTHING = ""
"""What is said of mail that was taken."""

MAIL = "From: chris@remote.example\r\nTo: ben@contoso.example\r\nSubject: Minutes\r\n\r\nSee below.\r\n"


@dataclass(frozen=True)
class Gateway:
    """A gateway that runs, with a world around it."""

    running: Running
    folder: Path
    world: Outside

    async def bring(
        self,
        *recipients: str,
        sender: str = "chris@remote.example",
        mail: str | bytes = MAIL,
        client: str = "",
        helo: str = "mx.remote.example",
        options: tuple[str, ...] = (),
        listener: str = "inbound",
    ) -> Said:
        """Bring mail as another server does; return the first refusal's reply, or nothing.

        ``client`` is the address the gateway is told by a PROXY header, IPv4 or IPv6.
        """
        port = self.running.ports["proxied" if client else listener][0]
        return await asyncio.to_thread(
            _send, port, client, helo, None, sender, recipients, mail, options
        )

    async def submit(
        self,
        *recipients: str,
        sender: str | None = None,
        account: str | None = ANNA,
        mail: str | bytes | None = None,
        options: tuple[str, ...] = (),
        helo: str = "client.example",
        listener: str = "submission",
        password: str = PASSWORD,
    ) -> Said:
        """Send as a mail program does; return the first refusal's reply, or nothing."""
        port = self.running.ports[listener][0]
        sender = account or ANNA if sender is None else sender
        text = MAIL.replace("chris@remote.example", sender) if mail is None else mail
        login = (account, password) if account else None
        return await asyncio.to_thread(
            _send, port, "", helo, login, sender, recipients, text, options
        )

    async def delivered(self) -> None:
        """Wait until nothing is queued any more."""
        async with asyncio.timeout(60):
            while (await self.running.store.queue(Filter(), most=1)).entries:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)

    async def notice(self, address: str = ANNA) -> Said:
        """Return the NDR that came back to the address."""
        (octets,) = await mails(self.folder, address)
        return octets.decode()


PROXIED = """
[[listener]]
name = "proxied"
addresses = ["127.0.0.1:0"]
proxies = ["127.0.0.1"]
"""


@asynccontextmanager
async def gateway_in(folder: Path, *, outbound: str = "") -> AsyncIterator[Gateway]:
    """Run the demonstration's organisations with the settings nobody made, in a world of its own."""
    async with outside() as world:
        config = configured(folder, world, outbound=outbound, more=PROXIED)
        async with running_demonstration(config) as running:
            yield Gateway(running, folder, world)


def _send(
    port: int,
    client: str,
    helo: str,
    login: tuple[str, str] | None,
    sender: str,
    recipients: tuple[str, ...],
    mail: str | bytes,
    options: tuple[str, ...],
) -> Said:
    """Send by the standard library's client, which knows nothing of ours."""
    with _Client(client) as smtp:
        code, answer = smtp.connect("127.0.0.1", port)
        if code != 220:
            return _shown(code, answer)
        smtp.ehlo(helo)
        try:
            if login:
                smtp.login(*login)
        except smtplib.SMTPAuthenticationError as error:
            return _shown(error.smtp_code, error.smtp_error)
        steps: list[Callable[[], tuple[int, bytes]]] = [lambda: smtp.mail(sender, options)]
        steps += [lambda each=each: smtp.rcpt(each) for each in recipients]
        steps.append(lambda: smtp.data(mail))
        for step in steps:
            try:
                code, answer = step()
            except smtplib.SMTPDataError as error:
                return _shown(error.smtp_code, error.smtp_error)
            if code >= 400:
                return _shown(code, answer)
    return NOTHING


class _Client(smtplib.SMTP):
    """A client that may stand behind a proxy which tells another address: PROXY, version 2."""

    def __init__(self, client: str) -> None:
        self._told = client
        super().__init__(timeout=60)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        if self._told:
            connection.sendall(_proxy_header(self._told))
        return connection


def _proxy_header(client: str) -> bytes:
    family, server = (0x21, "2001:db8::25") if ":" in client else (0x11, "203.0.113.25")
    kind = socket.AF_INET6 if ":" in client else socket.AF_INET
    addresses = socket.inet_pton(kind, client) + socket.inet_pton(kind, server)
    ports = (50000).to_bytes(2) + (25).to_bytes(2)
    length = (len(addresses) + 4).to_bytes(2)
    return b"\r\n\r\n\x00\r\nQUIT\n\x21" + bytes([family]) + length + addresses + ports


def _shown(code: int, answer: bytes) -> Said:
    return f"{code} {answer.decode()}"


Condition = Callable[[Gateway], Awaitable[Said]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the seeds, or one of the codes beyond them."""

    code: str  # "5.7.133": the code that must be said.
    cause: str  # What our reader reads back.
    raise_it: Condition  # Makes the condition real; returns the reply or the NDR.
    control: Condition  # The same without the condition: nothing may be said.
    siblings: tuple[str, ...] = ()  # Codes that must not be said instead.
    config: str = ""  # More of the gateway's configuration.
    directory: str = ""  # Organisations instead of the demonstration's.


def read_back(said: Said) -> set[str]:
    """Return the causes that our own reader finds in what was said: of a wrapper, both."""
    diagnosis = whybounce.diagnose(said.encode() if "\n" in said else said)
    outer = {
        whybounce.explain(f"{each.reply.code} {each.reply.status} {each.reply.text}").cause
        for each in diagnosis.report.outcomes
        if each.reply is not None and each.reply.inner is not None
    }
    return outer | {each.cause for each in diagnosis.explanations}
