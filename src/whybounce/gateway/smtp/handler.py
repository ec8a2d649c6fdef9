"""What decides about mail, as the listener asks it: one handler for each connection.

Every answer is None, which passes, or a Reply: a 2xx passes in its own words, any other refuses, and
after 421 and 521 the connection ends. Whatever a handler raises is answered with 451 and a trace id.
"""

from typing import Protocol

from whybounce.gateway.smtp.sasl import Credentials
from whybounce.gateway.smtp.server.events import Ending
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session


class Sink(Protocol):
    """Where a message's octets go. ``write`` returns when there is room for more."""

    @property
    def mends_line_ends(self) -> bool:
        """Whether a CR or LF alone becomes CR LF in this message, though the listener refuses it."""

    async def write(self, octets: bytes) -> None:
        """Take the next octets. CR LF ends each line; dots are as the author wrote them."""

    async def drop(self) -> None:
        """Forget what was written: the message will not come to an end."""


class Handler(Protocol):
    """Decides about one connection. The methods are called in the order of the conversation."""

    async def connect(self, session: Session) -> Reply | None:
        """Decide whether the client is welcome. A server in front may name another client later."""

    async def helo(self, session: Session) -> Reply | None:
        """Decide about the name it gives itself, ``session.helo``."""

    async def auth(self, session: Session, credentials: Credentials) -> Reply | None:
        """Check credentials; None if they are right. 535 counts as a failure, 454 does not."""

    async def mail(self, session: Session, envelope: Envelope) -> Reply | None:
        """Decide about the return path. The envelope has no recipients yet."""

    async def rcpt(
        self, session: Session, envelope: Envelope, recipient: Recipient
    ) -> Reply | None:
        """Decide about a recipient. The envelope has those that passed before."""

    async def data(self, session: Session, envelope: Envelope) -> Sink | Reply:
        """Open a sink for the message, or refuse."""

    async def message(
        self, session: Session, envelope: Envelope, sink: Sink, octets: int
    ) -> Reply | None:
        """Decide about the message, and make it ours: what is passed here must not be lost."""

    async def closed(self, session: Session, ending: Ending) -> None:
        """Learn that the connection is over. Called once, if anything was asked before."""
