"""A listener of our own on loopback, and a handler that remembers what it was asked."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from whybounce.gateway.smtp.handler import Sink
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.smtp.sasl import Credentials
from whybounce.gateway.smtp.server.events import Ending
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session
from whybounce.vocabulary.status_code import StatusCode

WRONG_PASSWORD = Reply("Account or password wrong", 535, StatusCode(5, 7, 8))


@dataclass(slots=True)
class Received:
    """A message that a client handed over."""

    session: Session
    envelope: Envelope
    octets: bytes


@dataclass(slots=True)
class Kept:
    """A sink that keeps what it is given."""

    octets: bytearray = field(default_factory=bytearray)
    is_dropped: bool = False
    mends_line_ends: bool = False

    async def write(self, octets: bytes) -> None:
        """Keep it."""
        self.octets += octets

    async def drop(self) -> None:
        """Say that it is not wanted."""
        self.is_dropped = True


@dataclass(slots=True)
class Recorder:
    """A handler that takes everything, of anybody with the password "secret", and remembers it.

    Addresses say what becomes of them: ``refused@`` and ``deferred@`` do, and ``raises@`` raises.
    """

    messages: list[Received] = field(default_factory=list)
    sinks: list[Kept] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    seconds: float = 0  # How long it thinks about a message.

    async def connect(self, session: Session) -> Reply | None:
        """Welcome everybody."""
        self.sessions.append(session)
        return None

    async def helo(self, session: Session) -> Reply | None:
        """Believe any name."""
        self.sessions.append(session)
        return None

    async def auth(self, session: Session, credentials: Credentials) -> Reply | None:
        """Know one password."""
        self.sessions.append(session)
        return None if credentials.password == "secret" else WRONG_PASSWORD  # noqa: S105  # a test's

    async def mail(self, session: Session, envelope: Envelope) -> Reply | None:
        """Do as the address says."""
        self.sessions.append(session)
        return _as_told(envelope.return_path)

    async def rcpt(
        self, session: Session, envelope: Envelope, recipient: Recipient
    ) -> Reply | None:
        """Do as the address says."""
        assert envelope.return_path is not None
        self.sessions.append(session)
        return _as_told(recipient.address)

    async def data(self, session: Session, envelope: Envelope) -> Sink | Reply:
        """Keep the message."""
        assert envelope.recipients
        self.sessions.append(session)
        self.sinks.append(Kept())
        return self.sinks[-1]

    async def message(
        self, session: Session, envelope: Envelope, sink: Sink, octets: int
    ) -> Reply | None:
        """Take it, after a while."""
        assert isinstance(sink, Kept)
        assert octets == len(sink.octets)
        await asyncio.sleep(self.seconds)
        if b"\r\nSubject: raise\r\n" in sink.octets:
            raise OSError("disk is full: /var/secret/path")
        self.messages.append(Received(session, envelope, bytes(sink.octets)))
        return Reply(f"Taken as {len(self.messages)}", 250, StatusCode(2, 0, 0))

    async def closed(self, session: Session, ending: Ending) -> None:
        """Remember how it ended."""
        self.sessions.append(session)
        self.endings.append(ending)


def _as_told(address: str) -> Reply | None:
    if address.startswith("raises@"):
        raise RuntimeError("internals that nobody outside should see")
    if address.startswith("refused@"):
        return Reply("No such mailbox", 550, StatusCode(5, 1, 1))
    if address.startswith("deferred@"):
        return Reply("Mailbox busy", 450, StatusCode(4, 2, 1))
    return None


class Running:
    """A listener in a loop and thread of its own, for clients that block."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: Listener, handler: Recorder
    ) -> None:
        self.loop = loop
        self.listener = listener
        self.handler = handler
        self.port = listener.ports[0]

    def call(self, running: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the listener's loop and return what it returns."""
        return self.start(running).result(60)

    def start(self, running: Coroutine[Any, Any, Any]) -> "Future[Any]":
        """Run something in the listener's loop meanwhile."""
        return asyncio.run_coroutine_threadsafe(running, self.loop)


Listen = Callable[..., Running]
