"""A handler as the listener asks it: each question of the dialogue, with what must be kept beside.

Kept beside are the caps on connections, which count a client when its proxy has named it; the throttle
on failed logins; and the sink of the message under way, which is dropped unless the message was taken.
"""

import math
from collections.abc import Callable

from whybounce.gateway.smtp.handler import Handler, Sink
from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.conversation import is_refusal
from whybounce.gateway.smtp.server.counting import Address, ConnectionCount
from whybounce.gateway.smtp.server.events import (
    Authenticating,
    BodyBegins,
    Connected,
    Ending,
    Greeted,
    MessageComplete,
    Question,
    RecipientNamed,
    SenderNamed,
)
from whybounce.gateway.smtp.server.throttle import AuthThrottle
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session


class Consulted:
    """The handler of one connection."""

    def __init__(
        self,
        new_handler: Callable[[], Handler],
        count: ConnectionCount,
        throttle: AuthThrottle,
        clock: Callable[[], float],
    ) -> None:
        self._new_handler = new_handler
        self._made: Handler | None = None
        self._count = count
        self._throttle = throttle
        self._clock = clock
        self._admitted: Address | None = None
        self._sink: Sink | None = None
        self._fault: Reply | None = None  # What is said at the end of a message given up before.

    @property
    def _handler(self) -> Handler:
        """Make the handler when it is first asked: should it fail, the client is answered."""
        if self._made is None:
            self._made = self._new_handler()
        return self._made

    async def answer(self, question: Question) -> Reply | None:
        """Return the handler's answer, or ours where ours comes first."""
        match question:
            case Connected(session):
                return self._admit(session) or await self._handler.connect(session)
            case Greeted(session):
                return await self._handler.helo(session)
            case Authenticating():
                return await self._authenticate(question)
            case SenderNamed(session, envelope):
                return await self._handler.mail(session, envelope)
            case RecipientNamed(session, envelope, recipient):
                return await self._handler.rcpt(session, envelope, recipient)
            case BodyBegins(session, envelope):
                return self._open(await self._handler.data(session, envelope))
            case MessageComplete():
                return await self._complete(question)

    @property
    def mends_line_ends(self) -> bool:
        """Whether the message under way is mended where others are refused."""
        return self._sink is not None and self._sink.mends_line_ends

    async def write(self, octets: bytes) -> None:
        """Hand octets of the message on."""
        if self._sink is not None:
            await self._sink.write(octets)

    async def give_up_message(self, fault: Reply) -> None:
        """Drop the message, though more of it comes, and answer its end so."""
        self._fault = fault
        await self.drop_message()

    async def drop_message(self) -> None:
        """Drop the message that will not come to an end."""
        sink, self._sink = self._sink, None
        if sink is not None:
            await sink.drop()

    async def closed(self, session: Session, ending: Ending) -> None:
        """Let go of everything."""
        if self._admitted is not None:
            self._count.release(self._admitted)
        try:
            await self.drop_message()
        finally:
            if self._made is not None:
                await self._made.closed(session, ending)

    def _admit(self, session: Session) -> Reply | None:
        """Count the client; a server in front may name one after another."""
        if self._admitted is not None:
            self._count.release(self._admitted)
            self._admitted = None
        refusal = self._count.admit(session.address)
        if refusal is not None:
            return refusal.reply
        self._admitted = session.address
        return None

    async def _authenticate(self, asked: Authenticating) -> Reply | None:
        account, client = asked.credentials.account, asked.session.address
        wait = self._throttle.wait(account, client, self._clock())
        if wait:
            return answers.AUTH_THROTTLED.filled(seconds=str(math.ceil(wait)))
        reply = await self._handler.auth(asked.session, asked.credentials)
        if not is_refusal(reply):
            self._throttle.succeeded(account, client)
        elif (reply.code or 0) >= 500:  # 454 is our trouble, not a guess.
            self._throttle.failed(account, client, self._clock())
        return reply

    def _open(self, opened: Sink | Reply) -> Reply | None:
        self._fault = None
        if isinstance(opened, Reply):
            return opened
        self._sink = opened
        return None

    async def _complete(self, message: MessageComplete) -> Reply | None:
        if self._sink is None:
            return self._fault
        is_taken = False
        try:
            reply = await self._handler.message(
                message.session, message.envelope, self._sink, message.octets
            )
            is_taken = not is_refusal(reply)
        finally:
            if is_taken:
                self._sink = None
            await self.drop_message()
        return reply
