"""What came of a message, for each of its recipients."""

from dataclasses import dataclass

from whybounce.gateway.smtp.client.hearing import Fault, ServerReply
from whybounce.vocabulary.envelope import Recipient
from whybounce.vocabulary.reply import Reply

# What was answered, where it is no command's name.
GREETING = "greeting"
END_OF_DATA = "end of DATA"
LAST_CHUNK = "BDAT LAST"
ENDS = frozenset({END_OF_DATA, LAST_CHUNK})


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command was answered: a reply, or why there is none."""

    command: str  # "MAIL", "RCPT", "end of DATA" …
    heard: ServerReply | Fault

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked."""
        return isinstance(self.heard, ServerReply) and self.heard.is_good

    @property
    def reply(self) -> Reply | None:
        """The reply, if there was one."""
        return self.heard.reply if isinstance(self.heard, ServerReply) else None

    @property
    def fault(self) -> Fault | None:
        """Why there was none."""
        return self.heard if isinstance(self.heard, Fault) else None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recipient at the next hop."""

    recipient: Recipient
    answered: Answered  # The answer that decided.

    @property
    def is_accepted(self) -> bool:
        """Whether the next hop has made the message for this recipient its own."""
        return self.answered.is_good

    @property
    def is_uncertain(self) -> bool:
        """Whether the next hop may have it though it did not say so: it may come twice."""
        return self.answered.fault is not None and self.answered.command in ENDS


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of handing over one message."""

    results: tuple[Result, ...]  # One for each recipient, in the envelope's order.
    passed_dsn: bool = False  # The next hop took over RFC 3461's duties.
