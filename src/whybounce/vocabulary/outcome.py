"""What became of one recipient."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field as default_from

from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode


class Action(StrEnum):
    """What the reporting system did about the recipient, RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Attempt(Struct, frozen=True):
    """One try at delivery."""

    time: datetime | None
    remote: str | None
    reply: Reply | None


class Outcome(Struct, frozen=True):
    """What became of one recipient. What nobody said is None; nothing is guessed."""

    recipient: str | None = None
    original_recipient: str | None = None
    action: Action | None = None
    status: StatusCode | None = None
    reply: Reply | None = None
    command: str | None = None  # The SMTP command that was answered: "RCPT".
    remote: str | None = None  # The server that was talked to.
    rejected_by: str | None = None  # The server that refused.
    reply_from: str | None = None  # The server whose name stands inside the reply.
    last_attempt: datetime | None = None
    will_retry_until: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    inferred: Mapping[str, str] = default_from(
        default_factory=dict
    )  # Fact → the rule it was inferred by.
    final_log_id: str | None = None  # The name of the delivery in the reporting server's log.
