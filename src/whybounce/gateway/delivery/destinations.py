"""Where a recipient's mail is to go. Two recipients with equal destinations share a parcel."""

from dataclasses import dataclass
from pathlib import Path

from whybounce.gateway.delivery.opening import Encryption, Login


@dataclass(frozen=True, slots=True)
class MailExchangers:
    """Whoever the DNS names for the domain."""

    domain: str

    @property
    def name(self) -> str:
        """How it is called where deliveries are counted."""
        return self.domain


@dataclass(frozen=True, slots=True)
class Smarthost:
    """A host of our choice: an outbound connector."""

    host: str  # A name or an address.
    port: int = 25
    encryption: Encryption = Encryption.STARTTLS
    login: Login | None = None
    use_mx: bool = False  # The host is a domain whose mail exchangers are meant.
    others: tuple["Smarthost", ...] = ()  # Asked in order where this one takes nothing.
    is_way_out: bool = False  # All mail for outside goes through it: it is no recipient's server.

    @property
    def name(self) -> str:
        """How it is called where deliveries are counted."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Lmtp:
    """A mail store that speaks LMTP, RFC 2033."""

    host: str
    port: int = 24

    @property
    def name(self) -> str:
        """How it is called where deliveries are counted."""
        return f"lmtp:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder on our own disk."""

    folder: Path
    quota: int | None = None  # Octets of all its messages; None: as many as the disk takes.

    @property
    def name(self) -> str:
        """How it is called where deliveries are counted."""
        return f"maildir:{self.folder}"


Destination = MailExchangers | Smarthost | Lmtp | Maildir
