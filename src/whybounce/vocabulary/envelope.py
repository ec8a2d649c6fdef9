"""What a client says about a message before it sends it: MAIL FROM, RCPT TO, RFC 3461's wishes."""

from dataclasses import dataclass
from enum import StrEnum


class Notify(StrEnum):
    """What the sender wants to hear about one recipient, RFC 3461 §4.1."""

    NEVER = "NEVER"  # Stands alone.
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


class Return(StrEnum):
    """How much of the message a failure report brings back, RFC 3461 §4.3."""

    FULL = "FULL"
    HEADERS = "HDRS"


class BodyType(StrEnum):
    """What the client declares the body to hold, RFC 6152."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT_MIME = "8BITMIME"


@dataclass(frozen=True, slots=True)
class OriginalRecipient:
    """Whom the sender wrote to, before any forwarding: ORCPT, RFC 3461 §4.2, RFC 6533 §3."""

    type: str  # "rfc822" or "utf-8", in lower case.
    address: str  # Decoded.


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT TO."""

    address: str  # The mailbox without brackets; a bare "postmaster" is RFC 5321 §4.5.1's.
    notify: frozenset[Notify] | None = None  # None: the sender said nothing of it.
    original: OriginalRecipient | None = None

    @property
    def local_part(self) -> str:
        """Return what stands before the last @, quoted where it was quoted."""
        return self.address.rpartition("@")[0] or self.address

    @property
    def domain(self) -> str:
        """Return what follows the last @, as the client wrote it; empty for a bare postmaster."""
        return self.address.rpartition("@")[2] if "@" in self.address else ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and the RCPT TOs that were accepted, with their parameters."""

    return_path: str  # Where reports go; empty: the null reverse path, "<>".
    recipients: tuple[Recipient, ...] = ()
    size: int | None = None  # Octets, as the client declared them: RFC 1870.
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False  # The client may use UTF-8 in addresses and header: RFC 6531.
    return_: Return | None = None  # RET.
    envelope_id: str | None = None  # ENVID, decoded.
    submitter: str | None = None  # AUTH=, RFC 4954 §5: who first submitted it; "<>" if not known.
