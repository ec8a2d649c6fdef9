"""What happens in a conversation, as the driver is told. A question waits for its answer.

An event that is a question stops the dialogue until ``answer`` is called; the others are only told.
"""

from dataclasses import dataclass
from enum import Enum, auto

from whybounce.gateway.smtp.sasl import Credentials
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session


class Ending(Enum):
    """How a connection ended."""

    QUIT = auto()  # The client said so.
    LOST = auto()  # The client went without a word.
    HUNG_UP = auto()  # We had enough: errors, refusals, a verdict of 421.
    EXPIRED = auto()  # Too slow, or too long.
    SHUT_DOWN = auto()  # We are about to stop.
    BAD_PROXY = auto()  # It did not begin with the header it had to begin with.


@dataclass(frozen=True, slots=True)
class TlsWanted:
    """TLS is to be started; ``tls_started`` goes on from there. Send what is to be sent first."""

    received: bytes  # What already arrived of the handshake: only behind a PROXY header.


@dataclass(frozen=True, slots=True)
class Connected:
    """A question: is this client welcome? A refusal with 554 lets it say QUIT."""

    session: Session


@dataclass(frozen=True, slots=True)
class Greeted:
    """A question: the client said HELO or EHLO."""

    session: Session


@dataclass(frozen=True, slots=True)
class Authenticating:
    """A question: are these the right credentials? Passing means yes."""

    session: Session
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class SenderNamed:
    """A question: MAIL FROM. The envelope has no recipients yet."""

    session: Session
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class RecipientNamed:
    """A question: RCPT TO. The envelope has the recipients that passed before."""

    session: Session
    envelope: Envelope
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class BodyBegins:
    """A question: may the message come? Passing means that the driver is ready for its chunks."""

    session: Session
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class BodyChunk:
    """The next octets of the message: CR LF ends each line, dots are as the author wrote them."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class BodyDropped:
    """The message will not come to an end; forget its chunks."""


@dataclass(frozen=True, slots=True)
class MessageComplete:
    """A question: the message is here. Passing makes it ours."""

    session: Session
    envelope: Envelope
    octets: int  # RFC 1870's size of what arrived.


@dataclass(frozen=True, slots=True)
class Closed:
    """Send what is left and close. Nothing comes after."""

    ending: Ending


Question = (
    Connected
    | Greeted
    | Authenticating
    | SenderNamed
    | RecipientNamed
    | BodyBegins
    | MessageComplete
)
Event = Question | TlsWanted | BodyChunk | BodyDropped | Closed
