"""How we speak to other servers, and how long we wait for them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait for each reply, RFC 5321 §4.5.3.2."""

    greeting: float = 300
    hello: float = 300
    starttls: float = 120  # For the reply, and again for the handshake.
    auth: float = 120
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180  # For a piece of the message to leave.
    end: float = 600  # After the dot the server makes the message its own.
    reset: float = 60
    quit: float = 5  # It is over; politeness has its limits.


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How one conversation is held."""

    name: str  # What we call ourselves: a host name that the DNS knows.
    lmtp: bool = False  # RFC 2033: LHLO, and a reply for each recipient after the message.
    pipelining: bool = True  # Where it is offered.
    chunking: bool = True  # Where it is offered.
    patience: Patience = field(default_factory=Patience)
