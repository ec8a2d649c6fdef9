"""What goes into the store and what comes out of it: frozen nouns, no database in sight.

``Session``, ``Envelope`` and ``Recipient`` are what an SMTP conversation leaves behind, as far as
the queue needs it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from whybounce.vocabulary.envelope import BodyType, Notify, Return


@dataclass(frozen=True, slots=True)
class Session:
    """Who handed the message over."""

    client: str | None = None  # IP address.
    hostname: str | None = None  # What the client's address resolves to.
    helo: str | None = None
    protocol: str | None = None  # As in Received: "ESMTPSA", RFC 3848.
    tls: str | None = None  # "TLSv1.3 TLS_AES_256_GCM_SHA384".
    account: str | None = None  # Who authenticated.
    listener: str | None = None
    id: str | None = None  # Of the conversation, as its Received field and the log say it.
    facts: Mapping[str, str] = field(default_factory=dict)  # What was found: {"spf": "pass"}.


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT TO with its DSN parameters, RFC 3461 §4."""

    address: str
    orcpt: str | None = None
    notify: frozenset[Notify] | None = None  # None: the client gave no NOTIFY.

    @property
    def domain(self) -> str:
        """The domain, in lower case; empty where there is none."""
        return self.address.rpartition("@")[2].lower() if "@" in self.address else ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and RCPT TOs."""

    sender: str  # Empty: the null return path.
    recipients: tuple[Recipient, ...]
    ret: Return | None = None
    envid: str | None = None
    body_type: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A message's header and content, in one of three places."""

    size: int  # Octets.
    checksum: int  # CRC-32.
    data: bytes | None = None  # Small: here.
    file: str | None = None  # Large: the name of a file in the spool.
    of: str | None = None  # The id of the unfinished message whose body it shares.


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a message says that is a complaint about another: RFC 5965."""

    kind: str  # "abuse", "fraud" …
    reporter: str | None  # Who passed it on.
    recipients: tuple[str, ...]  # Who complained, where that is said.
    message_id: str | None  # Of the message that is complained about.
    sender: str | None  # Its From field.
    subject: str | None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to accept."""

    envelope: Envelope
    arrived: datetime
    expires: datetime  # From then on nobody tries any more.
    session: Session | None = None  # None: the gateway wrote it itself.
    message_id: str | None = None  # The Message-ID field.
    subject: str | None = None
    about: str | None = None  # The id of the message that this one reports on.
    due: datetime | None = None  # The first try; None: at once.
    counts: Mapping[str, int] = field(default_factory=dict)  # Added to the counters.
    complaint: Complaint | None = None  # Told to whom wants to know of it.


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message in the store, without its recipients."""

    id: str
    sender: str
    ret: Return | None
    envid: str | None
    body_type: BodyType
    smtputf8: bool
    session: Session | None
    arrived: datetime
    expires: datetime
    size: int
    message_id: str | None
    subject: str | None
    about: str | None
    finished: datetime | None


class State(StrEnum):
    """Where a recipient stands. Only queued ones are tried."""

    QUEUED = "queued"
    HELD = "held"  # An operator stopped it.
    QUARANTINED = "quarantined"  # Its row or body is damaged.
    DONE = "done"  # It has its terminal outcome.


class Terminal(StrEnum):
    """How a recipient ends. Once, and for good."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    FAILED = "failed"
    EXPIRED = "expired"
    DELETED = "deleted"  # By an operator.

    @property
    def is_failure(self) -> bool:
        """Whether it is what the sender has to hear of."""
        return self in _FAILURES


_FAILURES = frozenset({Terminal.FAILED, Terminal.EXPIRED})


class Told(StrEnum):
    """What became of the report about a terminal outcome."""

    REPORTED = "reported"  # A report is queued.
    WITHHELD = "withheld"  # The return path is probably forged.
    SUPPRESSED = "suppressed"  # The null return path, or NOTIFY did not ask for it.


@dataclass(frozen=True, slots=True)
class LeasedRecipient:
    """A recipient that is the caller's to try."""

    number: int  # Within its message, from 0.
    address: str
    domain: str
    orcpt: str | None
    notify: frozenset[Notify] | None
    tries: int  # How many there have been.
    delay_told: datetime | None  # When the sender was told of the delay.


@dataclass(frozen=True, slots=True)
class Consignment:
    """Recipients of one message at one domain, leased together."""

    message: QueuedMessage
    domain: str
    recipients: tuple[LeasedRecipient, ...]
    node: str  # Who leases them.
    lease: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One host asked about one recipient, and what it said. A try may ask several."""

    number: int  # The recipient's.
    time: datetime
    remote: str | None = None  # The host's name.
    address: str | None = None  # Its IP address.
    tls: str | None = None  # What was agreed, and which policy asked for it.
    command: str | None = None  # The command that was answered: "RCPT".
    code: int | None = None
    status: str | None = None
    reply: str | None = None  # What the remote said; cut at 4,096 characters.
    error: str | None = None  # What went wrong on our side of the wire: "connection refused".
    # What encryption was demanded of a server of the recipient's domain: "dane", "opportunistic".
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Deferral:
    """A recipient that is to be tried again."""

    number: int
    due: datetime
    delay_told: datetime | None = None  # Set where this settlement queues the delay notice.
    met: Attempt | None = None  # Not tried: what another message met at its destination.


@dataclass(frozen=True, slots=True)
class Retirement:
    """A recipient that has come to its end.

    A failed or expired one says what became of its report: ``report`` is the place, in the
    settlement's ``messages``, of the report about it; else ``told`` says why there is none.
    """

    number: int
    terminal: Terminal
    cause: str | None = None  # The catalogue's id.
    status: str | None = None
    reply: str | None = None
    remote: str | None = None
    report: int | None = None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to queue in the same transaction: a report, or a copy for a group's member."""

    message: NewMessage
    body: Body


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: who said what, and about which mail."""

    time: datetime
    kind: str  # "held", "refused", "quarantined" …
    actor: str  # Who did it: an operator, a node, a policy, a remote host.
    text: str = ""  # What was said.
    message: str | None = None
    number: int | None = None  # The recipient's.
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything one delivery session ends with, recorded together or not at all.

    Each recipient it names is of the consignment, and stands in ``deferrals`` or ``retirements``
    once. Recipients it does not name stay leased.

    Raises:
        ValueError: It is not like that.

    """

    consignment: Consignment
    now: datetime
    attempts: tuple[Attempt, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    messages: tuple[Outgoing, ...] = ()
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        settled = list(self.settled())
        if len(settled) != len(set(settled)):
            raise ValueError(f"a recipient is settled twice: {sorted(settled)}")
        named = {*settled, *(each.number for each in self.attempts)}
        if not named <= {each.number for each in self.consignment.recipients}:
            raise ValueError(f"the consignment has not all of the recipients {sorted(named)}")
        if not {each.number for each in self.attempts} <= set(settled):
            raise ValueError("a recipient was tried, and nothing came of it")
        for retirement in self.retirements:
            _check_report(retirement, len(self.messages))

    def settled(self) -> Iterator[int]:
        """Yield the numbers of the recipients something came of."""
        yield from (deferral.number for deferral in self.deferrals)
        yield from (retirement.number for retirement in self.retirements)


def _check_report(retirement: Retirement, messages: int) -> None:
    """Hold what became of the report to what the retirement says."""
    if retirement.report is not None:
        if not 0 <= retirement.report < messages or retirement.told is not None:
            raise ValueError(f"recipient {retirement.number} has no such report")
    elif (
        retirement.terminal.is_failure and retirement.told is None
    ) or retirement.told is Told.REPORTED:
        raise ValueError(f"recipient {retirement.number} does not say what became of its report")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recipient's end, as it stands in the store."""

    time: datetime
    terminal: Terminal
    cause: str | None
    status: str | None
    reply: str | None
    remote: str | None
    told: Told | None
    report: str | None  # The id of the report's message.


@dataclass(frozen=True, slots=True)
class QueuedRecipient:
    """A recipient and where it stands."""

    number: int
    address: str
    domain: str
    state: State
    due: datetime | None  # The next try; the lease's end while somebody tries.
    node: str | None  # Who tries now.
    tries: int
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its recipients, as a queue listing shows it."""

    message: QueuedMessage
    recipients: tuple[QueuedRecipient, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a listing. ``after`` asks for the next; None: this was the last."""

    entries: tuple[Entry, ...]
    damaged: tuple[str, ...]  # Ids of messages that could not be read.
    after: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """A message's whole life, each part oldest first."""

    entry: Entry
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The lives of the messages that were asked for, newest first, and what happened besides."""

    lives: tuple[Life, ...]
    events: tuple[Event, ...]  # About the address but no message: refusals.


@dataclass(frozen=True, slots=True)
class Touched:
    """What an operator's order came to."""

    changed: int
    being_tried: int  # Left alone: somebody is at them now.


@dataclass(frozen=True, slots=True)
class Block:
    """A restriction that is in force, or was."""

    id: str
    kind: str  # What is blocked: "sender", "ip", "domain" …
    subject: str
    cause: str  # The catalogue's id.
    reason: str  # The evidence.
    added: datetime
    added_by: str
    until: datetime | None
    lifted: datetime | None = None
    lifted_by: str | None = None


class CallKind(StrEnum):
    """What a webhook can be told of."""

    FAILED = "failed"  # A recipient, for good.
    EXPIRED = "expired"  # A recipient: its time ran out.
    WITHHELD = "withheld"  # The notice about one of these: its return path is probably forged.
    COMPLAINT = "complaint"  # Somebody pressed "this is spam".


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened, as far as the transaction knows it."""

    kind: CallKind
    time: datetime
    message: str  # Its id.
    sender: str
    message_id: str | None
    subject: str | None
    recipient: str | None = None
    cause: str | None = None
    status: str | None = None
    reply: str | None = None
    remote: str | None = None
    report: str | None = None  # The id of the notice.
    complaint: Complaint | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """Who wants to be told of what, and how it is said."""

    wanted: Mapping[CallKind, Sequence[str]]  # The names of webhooks.
    body: Callable[[Fact], str]  # Pure.
    made: Callable[[], None]  # Called once there are more to tell, by whichever node.


NO_CALLS = Calls({}, lambda _: "", lambda: None)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing to tell one webhook."""

    id: str
    webhook: str
    body: str
    made: datetime
    due: datetime
    tries: int
    fault: str | None  # What came of the last try.


@dataclass(frozen=True, slots=True)
class Figures:
    """How the queue stands, for metrics."""

    recipients: Mapping[State, int]  # Those without an end, by state.
    due: int  # Of the queued, those whose time has come.
    messages: int  # Unfinished.
    octets: int  # Of the unfinished messages' bodies.
    oldest: datetime | None  # When the oldest unfinished message arrived.


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went. All zero: nothing is left to do."""

    messages: int
    events: int
    counters: int
    blocks: int

    def __bool__(self) -> bool:
        return any((self.messages, self.events, self.counters, self.blocks))
