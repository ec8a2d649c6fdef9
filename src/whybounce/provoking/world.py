"""The world around a demonstration: its DNS, its mail servers, and the mailbox of everybody else.

Whatever domain a name server of the world is asked for, mail for it goes to a server of the world, which
puts it into the mailbox ``outside``. Only names below ``invalid`` do not exist (RFC 6761 §6.4), and at
provoke.example each local part is a condition that its mail meets.
"""

import asyncio
import errno
import mailbox
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from whybounce.catalogue import catalogue
from whybounce.gateway.addresses import DomainName, MailAddress
from whybounce.gateway.directory.nouns import Alias, Domain, DomainKind, Mailbox, OrganisationTable
from whybounce.gateway.values import Endpoint
from whybounce.provoking.certificates import Authority
from whybounce.provoking.conditions import DOMAIN, Row, Server, rows
from whybounce.provoking.mail_server import Answer, Behaviour, MailServer, Received
from whybounce.provoking.name_server import NameServer, Records
from whybounce.provoking.policy_host import PolicyHost, policy
from whybounce.provoking.sayings import Sayings

_LOOPBACK = "127.0.0.1"
_NOBODY = "127.0.0.254"  # Nobody of ours listens there.
_SOMEBODY = "somebody"  # The local part at a condition's own domain.
_OUTSIDE = "mx.outside.example"
_IN_FRONT = 4  # Connections that fill the queue of a server that picks up none.
_TRIES = 20  # For a port that is free at all addresses.


class _TakenError(OSError):
    """The port is free at one address and not at another."""


class World:
    """A DNS and mail servers on loopback, from ``start`` to ``stop``."""

    def __init__(self, outside: Path) -> None:
        """Name the Maildir that gets what is sent outside."""
        self.records = Records()
        self.sayings = Sayings(catalogue(), f"mx.{DOMAIN}", DOMAIN)
        self.authority = Authority()
        self.lacking: dict[str, str] = {}  # Conditions this machine cannot make → why.
        self._outside = outside
        self._dns = NameServer(self.records)
        self._policies: PolicyHost | None = None
        self._left = AsyncExitStack()
        self.port = 0

    @property
    def resolver(self) -> Endpoint:
        """Where the DNS is asked."""
        return Endpoint(f"{_LOOPBACK}:{self._dns.port}")

    @property
    def policies_port(self) -> int:
        """Where the web server with the MTA-STS policies listens."""
        return self._policies.port if self._policies else 0

    async def start(self) -> None:
        """Begin: everything on free ports.

        Raises:
            OSError: There is no free port.

        """
        try:
            await self._listen()
            await self._serve_policies()
            self._describe()
            await self._dns.start()
            self._left.push_async_callback(self._dns.stop)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it."""
        await self._left.aclose()

    def organisation(self) -> OrganisationTable:
        """Return who the gateway takes provoke.example for: a domain whose mail goes on.

        What goes wrong on the way depends on a domain, and so these conditions have domains of their own,
        to which their addresses lead.
        """
        aliases = {
            name: row.recipient or f"{_SOMEBODY}@{cause}.{DOMAIN}"
            for cause, row in rows().items()
            if row.is_a_way
            for name in self._names(cause)
        }
        stores = {
            f"{cause}.{DOMAIN}": self._addresses()[cause]
            for cause, server in self._with_servers()
            if server.keeps_mailbox
        }
        return OrganisationTable(
            name="Provoke",
            domain=(
                Domain(name=DomainName(DOMAIN), kind=DomainKind.INTERNAL_RELAY),
                *(Domain(name=DomainName(domain)) for domain in stores),
            ),
            mailbox=tuple(
                Mailbox(
                    address=MailAddress(f"{_SOMEBODY}@{domain}"),
                    lmtp=Endpoint(f"{address}:{self.port}"),
                )
                for domain, address in stores.items()
            ),
            alias=tuple(
                Alias(address=MailAddress(f"{name}@{DOMAIN}"), to=(MailAddress(to),))
                for name, to in aliases.items()
            ),
        )

    def _names(self, cause: str) -> list[str]:
        """Return the local parts that mean the cause before all others."""
        entry = catalogue().causes[cause]
        exact = [each.first for each in entry.codes if each.first == each.last]
        wanted = [self.sayings.wanted(str(code)) for code in exact]
        alone = [each for each in wanted if each and self.sayings.causes_of(each)[:1] == (cause,)]
        forms = {form.status for form in entry.replies}
        return [
            cause,
            *(str(each) for each in alone),
            *(f"{cause}={code}" for code in sorted(forms)),
        ]

    async def _listen(self) -> None:
        """Start the servers, all at the same port: that of ``[outbound]``."""
        usual = MailServer(_OUTSIDE, Behaviour(about=self._about), keep=self._keep)
        for _ in range(_TRIES):
            await usual.start(_LOOPBACK)
            try:
                await self._listen_beside(usual.port)
            except _TakenError:
                await self._left.aclose()
                await usual.stop()
            else:
                break
        else:
            raise OSError(f"no port is free at all addresses of loopback after {_TRIES} tries")
        self.port = usual.port
        self._left.push_async_callback(usual.stop)

    async def _listen_beside(self, port: int) -> None:
        """Start the servers that have an address of their own."""
        addresses = self._addresses()
        for cause, row in self._with_servers():
            address = addresses[cause]
            try:
                if row.is_deaf:
                    for each in _deaf(address, port):
                        self._left.callback(each.close)
                    continue
                host = f"mx.{cause}.{DOMAIN}"
                server = MailServer(host, self._behaviour(host, row), keep=self._keep)
                await server.start(address, port)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise _TakenError from error
                self.lacking[cause] = f"this machine has no address {address}"
            else:
                self._left.push_async_callback(server.stop)

    async def _serve_policies(self) -> None:
        """Start the web server: one certificate has the names of all that have a policy."""
        domains = {f"{cause}.{DOMAIN}": row for cause, row in rows().items() if row.policy}
        context = self.authority.context([f"mta-sts.{domain}" for domain in domains])
        pages = {
            domain: policy(*(host.replace("{domain}", domain) for host in row.policy))
            for domain, row in domains.items()
        }
        self._policies = PolicyHost(context, pages)
        await self._policies.start(_LOOPBACK)
        self._left.push_async_callback(self._policies.stop)

    def _with_servers(self) -> list[tuple[str, Server]]:
        return [(cause, row.server) for cause, row in sorted(rows().items()) if row.server]

    def _addresses(self) -> dict[str, str]:
        """Return where each of them listens."""
        servers = enumerate(self._with_servers(), start=2)
        return {cause: f"127.0.0.{number}" for number, (cause, _) in servers}

    def _behaviour(self, host: str, server: Server) -> Behaviour:
        usual, shown = Behaviour(), server.certificate
        return replace(
            usual,
            banner=server.banner,
            extensions=usual.extensions if server.extensions is None else server.extensions,
            replies=dict(server.replies),
            hang_up_at=server.hang_up_at,
            stall_at=server.stall_at,
            holds=server.holds,
            certificate=self.authority.context([host], shown) if shown else None,
        )

    def _describe(self) -> None:
        """Write the zones. All of them count as signed."""
        self.records.secure.add("")
        add = self.records.add
        for domain in ("*", "*.example", "outside.example"):
            add(domain, "MX", f"10 {_OUTSIDE}.")
        add("invalid", "TXT", '"No name ends with this. RFC 6761"')
        add("arpa", "TXT", '"No address has a name here."')
        add(_OUTSIDE, "A", _LOOPBACK)
        add(DOMAIN, "MX", f"10 mx.{DOMAIN}.")
        add(f"mx.{DOMAIN}", "A", _LOOPBACK)
        addresses = self._addresses()
        for cause, row in rows().items():
            if row.has_domain:
                self._describe_condition(cause, row, addresses.get(cause, _LOOPBACK))

    def _describe_condition(self, cause: str, row: Row, address: str) -> None:
        domain = f"{cause}.{DOMAIN}"
        for key, values in row.records.items():
            below, _, rdtype = key.replace("{port}", str(self.port)).rpartition(" ")
            name = below if below.endswith(".") else f"{below}.{domain}".lstrip(".")
            filled = [
                each.replace("{domain}", domain)
                .replace("{address}", address)
                .replace("{nobody}", _NOBODY)
                .replace("{authority}", self.authority.tlsa)
                for each in values
            ]
            self.records.add(name, rdtype, *filled)
        if row.trouble is not None:
            self.records.troubles[domain] = row.trouble
        if row.policy:
            self.records.add(f"_mta-sts.{domain}", "TXT", '"v=STSv1; id=1;"')
            self.records.add(f"mta-sts.{domain}", "A", _LOOPBACK)

    def _about(self, recipient: str) -> Answer | None:
        """Return what is said about a recipient at provoke.example; None: the mail is taken."""
        local_part, _, domain = recipient.rpartition("@")
        if domain.lower() != DOMAIN:
            return None
        wanted = self.sayings.wanted(local_part)
        if wanted is None:
            return Answer(
                f"550 5.1.1 <{recipient}>: User unknown; write to a cause or a code, as in "
                f"mailbox-full@{DOMAIN} or 5.1.10@{DOMAIN}"
            )
        saying = self.sayings.of(wanted)
        return saying.answer if saying else None

    async def _keep(self, received: Received) -> None:
        await asyncio.to_thread(_store, self._outside, received)


def _deaf(address: str, port: int) -> list[socket.socket]:
    """Return a socket that listens, and those that fill its queue, so that no more get in."""
    sockets = [socket.create_server((address, port), backlog=0)]
    for _ in range(_IN_FRONT):
        waiting = socket.socket()
        waiting.setblocking(False)  # noqa: FBT003  # the socket's own manner
        waiting.connect_ex((address, port))
        sockets.append(waiting)
    return sockets


def _store(folder: Path, received: Received) -> None:
    """Put a message into the mailbox, as RFC 5321 §4.4 wants it."""
    head = f"Return-Path: <{received.mail_from}>\n" + "".join(
        f"Delivered-To: {each}\n" for each in received.recipients
    )
    mailbox.Maildir(folder).add(head.encode() + received.data.replace(b"\r\n", b"\n"))
