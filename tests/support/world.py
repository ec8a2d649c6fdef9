"""A small world on loopback to deliver to: a DNS, mail servers, certificates, and our side of it."""

import contextlib
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from signed_zone import SignedZone
from whybounce.checking.lookups import Resolver
from whybounce.gateway.delivery.attempts import Attempt
from whybounce.gateway.delivery.carrying import Carrier
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.destinations import Destination, MailExchangers
from whybounce.gateway.delivery.opening import Opener
from whybounce.gateway.delivery.parcels import Parcel
from whybounce.gateway.delivery.tls_policies import TlsPolicies, TlsPolicy, always, opportunistic
from whybounce.gateway.smtp.client import ClientSettings, Patience
from whybounce.gateway.store.rows import LeasedRecipient, QueuedMessage
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.name_server import NameServer, Records
from whybounce.vocabulary.envelope import BodyType

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MESSAGE = b"From: anna@example.net\r\nSubject: Minutes\r\n\r\nSee below.\r\n.dot\r\n"
_HASTE = Patience(
    greeting=0.4, hello=0.4, starttls=0.4, auth=5, mail=0.4, rcpt=0.4, data=0.4, block=0.4, end=0.4
)  # fmt: skip


def parcel(*addresses: str, octets: bytes = MESSAGE, **more: object) -> Parcel:
    """Return a message for these recipients."""

    async def read() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(octets), 1000):
            yield octets[start : start + 1000]

    message = QueuedMessage(
        id="01JD",
        sender="anna@example.net",
        ret=None,
        envid=None,
        body_type=BodyType.SEVEN_BIT,
        smtputf8=False,
        session=None,
        arrived=NOW,
        expires=NOW + timedelta(days=5),
        size=len(octets),
        message_id="<1@example.net>",
        subject="Minutes",
        about=None,
        finished=None,
    )
    recipients = tuple(
        LeasedRecipient(number, address, address.rpartition("@")[2], None, None, 0, None)
        for number, address in enumerate(addresses or ("ben@example.org",))
    )
    return Parcel(replace(message, **more), recipients, read)


@dataclass
class World:
    """Servers, a DNS that knows them, and a carrier that asks it."""

    records: Records = field(default_factory=Records)
    servers: dict[str, MailServer] = field(default_factory=dict)
    port: int = 0
    policy: TlsPolicy = field(default_factory=opportunistic)
    most: int = 20
    zone: SignedZone | None = None  # A DNS with real signatures, instead of the one that plays it.
    tls: Callable[[Resolver], TlsPolicies] | None = None  # Instead of the one policy.
    carrier: Carrier | None = None
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def serve(
        self, name: str, behaviour: Behaviour | None = None, *, domain: str = "example.org"
    ) -> MailServer:
        """Start a mail server and give the domain an MX record for it, the first the best."""
        server = MailServer(name, behaviour)
        address = f"127.0.0.{20 + len(self.servers)}"
        await server.start(address, self.port)
        self._stack.push_async_callback(server.stop)
        self.port = server.port
        self.servers[name] = server
        self.name(name, address, domain=domain)
        return server

    def name(self, name: str, address: str, *, domain: str = "example.org") -> None:
        """Give the domain one more MX record, and the host its address."""
        already = self.records.data.get((domain, "MX"), ())
        self.records.add(domain, "MX", f"{10 * (len(already) + 1)} {name}.")
        self.records.add(name, "A", address)
        if self.zone is not None:
            self.zone.add(domain, "MX", f"{10 * (len(already) + 1)} {name}.")
            self.zone.add(name, "A", address)

    def address_of(self, name: str) -> str:
        """Return where the server of that name listens."""
        return self.records.data[name, "A"][0]

    async def made(self) -> Carrier:
        """Return the carrier; the DNS begins to answer."""
        if self.carrier is None:
            dns = NameServer(self.records)
            await dns.start()
            self._stack.push_async_callback(dns.stop)
            resolver = Resolver("127.0.0.1", dns.port, seconds=30)
            if self.zone is not None:
                resolver = self.zone.resolver()
            # Else no test waits for a patience to end, and the machine may be busy.
            stalls = any(each.behaviour.stall_at for each in self.servers.values())
            patience, seconds = (_HASTE, 0.4) if stalls else (Patience(), 60)
            settings = ClientSettings(name="gateway.example.net", patience=patience)
            opener = Opener(smtp=settings, lmtp=replace(settings, lmtp=True), seconds=seconds)
            connections = Connections(opener.open, most=self.most, idle_seconds=0.5)
            self._stack.push_async_callback(connections.close)
            self.carrier = Carrier(
                host="gateway.example.net",
                resolver=resolver,
                connections=connections,
                tls=self.tls(resolver) if self.tls else always(self.policy),
                clear=TlsPolicy("none", None),
                clock=lambda: NOW,
                random_bits=random.Random(7).getrandbits,  # noqa: S311  # the same in every run
                shuffle=lambda exchangers: exchangers,
                port=self.port or 25,
            )
        return self.carrier

    async def deliver(
        self, *addresses: str, to: Destination | None = None, **more: object
    ) -> tuple[Attempt, ...]:
        """Hand a message over to whoever takes the domain's mail."""
        carrier = await self.made()
        destination = to or MailExchangers("example.org")
        return await carrier.carry(destination, parcel(*addresses, **more))

    async def close(self) -> None:
        """Stop everything."""
        await self._stack.aclose()


Worlds = Callable[..., AbstractAsyncContextManager[World]]
