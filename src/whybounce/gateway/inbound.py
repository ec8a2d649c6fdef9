"""What decides about mail that comes in: who may send it, to whom, and that it is ours once taken.

One handler for each connection. Facts are fetched here; ``policies`` judges them; the words of a
refusal are the catalogue's.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from whybounce.catalogue import catalogue
from whybounce.gateway import tracing_fields
from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.directory import Directory, Login
from whybounce.gateway.directory.nouns import InboundConnector
from whybounce.gateway.handed_over import envelope_row, session_row
from whybounce.gateway.policies import Named, Refuse, first_refusal, is_postmaster
from whybounce.gateway.smtp.handler import Sink
from whybounce.gateway.smtp.sasl import Credentials
from whybounce.gateway.smtp.server.events import Ending
from whybounce.gateway.store import Store
from whybounce.gateway.store.bodies import IncomingBody
from whybounce.gateway.store.rows import Event, NewMessage
from whybounce.gateway.tracing_fields import Header
from whybounce.notation import first_field
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session
from whybounce.wording import own_reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What all connections of a listener share."""

    store: Store
    directory: Directory
    host: str  # Our name.
    is_submission: bool
    expire_after: timedelta
    clock: Callable[[], datetime]
    random_bits: Callable[[int], int]


class IncomingMessage:
    """A message being received: held until its header has ended, then written with our fields."""

    def __init__(
        self, reception: Reception, session: Session, envelope: Envelope, body: IncomingBody
    ) -> None:
        self.body = body
        self.header = Header(())
        self._reception = reception
        self._session = session
        self._smtputf8 = envelope.smtputf8
        self._held: bytes | None = b""
        self._left = AsyncExitStack()

    async def open(self) -> None:
        """Take room in the store."""
        await self._left.enter_async_context(self.body)

    async def write(self, octets: bytes) -> None:
        """Take the next octets."""
        if self._held is None:
            await self.body.write(octets)
            return
        self._held += octets
        if tracing_fields.end_of_header(self._held) is not None:
            await self.finish()

    async def finish(self) -> None:
        """Write what was held, below our fields."""
        if self._held is None:
            return
        held, self._held = self._held, None
        end = tracing_fields.end_of_header(held)
        self.header = tracing_fields.header_of(held[:end])
        host, now = self._reception.host, self._reception.clock()
        id_ = f"{self._reception.random_bits(64):016x}"
        ours = tracing_fields.received(
            self._session, host=host, id_=self._session.id, smtputf8=self._smtputf8, now=now
        )
        if self._reception.is_submission:
            lacking = tracing_fields.missing(self.header, host=host, id_=id_, now=now)
            fields = tracing_fields.header_of(lacking).fields
            self.header = Header((*self.header.fields, *fields))
            ours += lacking
        await self.body.write(ours)
        await self.body.write(held)

    async def drop(self) -> None:
        """Forget it; what was accepted stays the store's."""
        await self._left.aclose()


class Inbound:
    """Decides about one connection."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._login: Login | None = None
        self._connector: InboundConnector | None = None

    async def connect(self, session: Session) -> Reply | None:  # noqa: ARG002  # the handler's shape
        """Welcome everybody."""
        return None

    async def helo(self, session: Session) -> Reply | None:  # noqa: ARG002  # likewise
        """Believe any name."""
        return None

    async def auth(self, session: Session, credentials: Credentials) -> Reply | None:
        """Check a password. Whoever signs in acts for nobody else."""
        account = credentials.account
        login = await self._reception.directory.verify_password(account, credentials.password)
        for_itself = credentials.on_behalf_of in {"", account}
        if login is None or not login.account.smtp or not for_itself:
            return await self._refused(session, Refuse("authentication-failed"), account)
        return None

    async def mail(self, session: Session, envelope: Envelope) -> Reply | None:
        """Learn who sends; whoever is logged in uses an address of theirs, or the null one."""
        directory, sender = self._reception.directory, envelope.return_path
        self._connector = self._login = None
        if session.account is not None:
            self._login = await directory.account(session.account)
        if self._login is not None:
            return await self._own_address(session, sender)
        domain = folded_domain(sender.rpartition("@")[2])
        attribution = await directory.attribute(session.address, (), domain)
        self._connector = attribution.connector
        return None

    async def rcpt(
        self, session: Session, envelope: Envelope, recipient: Recipient
    ) -> Reply | None:
        """Ask the directory about the recipient, and the policies about what it says."""
        directory, address = self._reception.directory, recipient.address
        is_ours = self._login is not None or bool(self._connector and self._connector.internal)
        may_relay = self._login is not None or bool(self._connector and self._connector.may_relay)
        sender = envelope.return_path
        found = await directory.recipient(address)
        named = Named(
            sender=sender,
            recipient=address,
            domain=await directory.domain(recipient.domain) if recipient.domain else None,
            found=found,
            rights=await directory.may_send_to(sender, found) if found else None,
            may_relay=may_relay,
            is_ours=is_ours,
            is_gateway=is_postmaster(address)
            and folded_domain(recipient.domain) in {"", self._reception.host},
            size=envelope.size or 0,
        )
        refused = first_refusal(named)
        return await self._refused(session, refused, address) if refused else None

    async def data(self, session: Session, envelope: Envelope) -> Sink | Reply:
        """Make room for the message."""
        message = IncomingMessage(
            self._reception, session, envelope, self._reception.store.receive()
        )
        await message.open()
        return message

    async def message(
        self,
        session: Session,
        envelope: Envelope,
        sink: Sink,
        octets: int,  # noqa: ARG002  # the handler's shape
    ) -> Reply | None:
        """Put it into the queue: when this has returned None, it cannot be lost."""
        if not isinstance(sink, IncomingMessage):
            raise TypeError("the sink is the one that data returned")
        await sink.finish()
        refused = await self._written_by_owner(sink.header)
        if refused is not None:
            return await self._refused(session, refused, envelope.return_path)
        now = self._reception.clock()
        await self._reception.store.accept(
            NewMessage(
                envelope_row(envelope),
                arrived=now,
                expires=now + self._reception.expire_after,
                session=session_row(session, smtputf8=envelope.smtputf8),
                message_id=sink.header.message_id,
                subject=sink.header.subject,
            ),
            sink.body,
        )
        await sink.drop()
        return None

    async def closed(self, session: Session, ending: Ending) -> None:
        """Keep nothing."""

    async def _own_address(self, session: Session, sender: str) -> Reply | None:
        login = self._login
        if login is None or not sender or await self._reception.directory.may_use(login, sender):
            return None
        return await self._refused(session, Refuse("send-as-denied", {"sender": sender}), sender)

    async def _written_by_owner(self, header: Header) -> Refuse | None:
        """Hold From to who is logged in, RFC 6409 §6.1; a field that names nobody passes."""
        written = first_field(header.fields, "from")
        address = parseaddr(written)[1] if written else ""
        login = self._login
        if login is None or "@" not in address:
            return None
        if await self._reception.directory.may_use(login, address):
            return None
        return Refuse("send-as-denied", {"sender": address})

    async def _refused(self, session: Session, refuse: Refuse, address: str) -> Reply:
        """Write the refusal down, where a trace finds it, and return its words."""
        values = {"ip": str(session.address), **refuse.values}
        reply = own_reply(catalogue(), refuse.cause, VerdictKind.REFUSE, values)
        now = self._reception.clock()
        text = f"{refuse.cause}: {reply}"
        event = Event(now, "refused", session.listener, text, address=address)
        await self._reception.store.record(event)
        return reply
