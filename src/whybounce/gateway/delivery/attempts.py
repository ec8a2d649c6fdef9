"""What came of one try to hand a message over, for each of its recipients. Nouns only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from whybounce.gateway.store.rows import LeasedRecipient
from whybounce.vocabulary.reply import Reply


class Ending(StrEnum):
    """What one try came to."""

    DELIVERED = "delivered"  # It lies in the mailbox.
    RELAYED = "relayed"  # Another server has made it its own.
    DEFERRED = "deferred"  # Not now.
    FAILED = "failed"  # Never.


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why it could not be handed over though nobody refused it: a cause of the catalogue."""

    cause: str
    evidence: str  # What was found, in one line; the cause's own reply may repeat it.
    permanent: bool = False
    limit: int | None = None  # Octets, where the size is the obstacle.

    @property
    def ending(self) -> Ending:
        """What a try comes to that meets it."""
        return Ending.FAILED if self.permanent else Ending.DEFERRED


@dataclass(frozen=True, slots=True)
class Remote:
    """Who was asked."""

    host: str
    address: str | None = None  # None: the name was not even looked up, or it is our own disk.
    tls: str | None = None  # "TLSv1.3 TLS_AES_256_GCM_SHA384 (opportunistic)".
    policy: str | None = None  # What was demanded of it: "dane", "mta-sts", "opportunistic".


@dataclass(frozen=True, slots=True)
class Asked:
    """One remote asked about one recipient: its reply, or why there is none."""

    time: datetime
    said: Reply | Obstacle
    command: str | None = None  # The command that was answered: "RCPT".
    remote: Remote | None = None

    @property
    def reply(self) -> Reply | None:
        """What the remote said, if it said something."""
        return self.said if isinstance(self.said, Reply) else None

    @property
    def obstacle(self) -> Obstacle | None:
        """Why it said nothing."""
        return self.said if isinstance(self.said, Obstacle) else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try for one recipient. It may have asked several remotes, in this order."""

    recipient: LeasedRecipient
    ending: Ending
    asked: tuple[Asked, ...]  # At least one.
    decided: Asked  # The one of them that tells why.
    passed_dsn: bool = False  # The next hop took over RFC 3461's duties: no notice is ours.
    untried: bool = False  # Nobody was asked: what another message met a moment ago is told.
    through_our_choice: bool = False  # The DNS did not name who was asked, our configuration did.


def obstructed(recipient: LeasedRecipient, obstacle: Obstacle, now: datetime) -> Attempt:
    """Return a try that an obstacle ended before anybody was asked."""
    asked = Asked(now, obstacle)
    return Attempt(recipient, obstacle.ending, (asked,), asked)
