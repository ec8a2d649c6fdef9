"""The keys of the configuration: a Struct for each table, with the type, bounds and meaning of each key."""

import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from msgspec import Meta, Struct, field as default_from

from whybounce.gateway.addresses import DomainName, MailAddress
from whybounce.gateway.directory.nouns import OrganisationTable
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import Mode
from whybounce.gateway.smtp.server.settings import LineEnds, NulOctets, TlsMode
from whybounce.gateway.store import Schedule, schedules
from whybounce.gateway.store.rows import CallKind
from whybounce.gateway.trust import BlockListTable, Trust
from whybounce.gateway.values import Duration, Endpoint, Folder, IpAddress, Network, Secret, Size

_SQLITE = "sqlite:///"
_STORES = (_SQLITE, "postgresql://")
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not listened at


class Profile(StrEnum):
    """Whose numbers hold where the configuration says nothing."""

    STANDARD = "standard"  # The RFCs'.
    EXCHANGE_ONLINE = "exchange-online"  # Those that Exchange Online publishes.


class Kind(StrEnum):
    """Whom a listener serves."""

    INBOUND = "inbound"  # Other servers, which bring mail for our domains.
    SUBMISSION = "submission"  # Our people and applications, RFC 6409.


class OutboundTls(StrEnum):
    """What is asked of the next hop where no policy of its domain says more."""

    OFF = "off"
    OPPORTUNISTIC = "opportunistic"  # Where it is offered; any certificate. RFC 7435.
    ENCRYPT = "encrypt"  # Always; any certificate.
    VERIFY = "verify"  # Always; a certificate with its name that we trust.


class DaneUse(StrEnum):
    """When TLSA records are believed."""

    AUTO = "auto"  # Where the resolver validates DNSSEC; else there is a warning, and no DANE.
    OFF = "off"
    REQUIRED = "required"  # Likewise, and nothing starts where it does not.


class LogLevel(StrEnum):
    """What is worth a line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    CONSOLE = "console"
    JSON = "json"


class Style(StrEnum):
    """How notices look."""

    MODERN = "modern"
    CLASSIC = "classic"


class Returned(StrEnum):
    """What of the message a notice returns where the sender does not say (RFC 3461 §4.3)."""

    FULL = "full"
    HEADERS = "headers"


class Queue(str):
    """A database, as the store wants it named."""

    __slots__ = ()
    WANTED = "a folder, `sqlite:////path/queue.db` or `postgresql://user@host/name`"

    @classmethod
    def named(cls, name: object, folder: Path) -> Self:
        """Return the queue that somebody names, a folder seen from that one.

        Raises:
            ValueError: It is no queue.

        """
        written = Folder.parse(name)
        if "://" not in written:
            return cls(f"{_SQLITE}{folder / written / 'queue.db'}")
        if written.startswith(_STORES):
            return cls(written)
        raise ValueError("it is no queue")

    @property
    def file(self) -> Path | None:
        """Its file; None where it is kept by a server."""
        return Path(self.removeprefix(_SQLITE)) if self.startswith(_SQLITE) else None


class _Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    pass


def _means(text: str, *, ge: int | None = None, le: int | None = None) -> Meta:
    return Meta(description=text, ge=ge, le=le)


class Server(_Table, frozen=True, kw_only=True):
    """`[server]`: this system."""

    name: Annotated[
        DomainName | None, _means("The name it greets with and reports as; else this machine's.")
    ] = None
    node: Annotated[
        str, _means("This node's name among those that share a queue; else the machine's.")
    ] = ""
    queue: Annotated[Queue, _means("Where the queue is kept.")] = Queue(
        "sqlite:///whybounce-data/queue.db"
    )
    mailboxes: Annotated[
        Folder, _means("The folder with the mailboxes' Maildirs, one for each address.")
    ] = Folder("whybounce-data/mailboxes")
    lmtp: Annotated[
        Endpoint | None, _means("The LMTP server that takes mail for mailboxes instead (RFC 2033).")
    ] = None
    profile: Annotated[Profile, _means("Whose numbers hold where this file says nothing.")] = (
        Profile.STANDARD
    )
    operating: Annotated[
        Endpoint | None,
        _means(
            "Where health (`/health`) and metrics (`/metrics`) are served; else port 8026 of this"
            " machine, if that is free."
        ),
    ] = None
    control: Annotated[
        Folder | None,
        _means(
            "The socket by which commands reach the gateway while it runs; else beside the queue's"
            " file. A PostgreSQL queue has none unless it is named here."
        ),
    ] = None
    drain: Annotated[
        Duration, _means("How long messages under way may take when it is told to stop.")
    ] = Duration(seconds=30)
    log_level: Annotated[LogLevel, _means("The least important lines that are logged.")] = (
        LogLevel.INFO
    )
    log_format: Annotated[
        LogFormat, _means("How a line is written: for people or for programs.")
    ] = LogFormat.CONSOLE


class Listener(_Table, frozen=True, kw_only=True):
    """`[[listener]]`: ports that are alike. Without any, 2525 and 2587 on loopback."""

    name: Annotated[str, _means("Its name in logs, events and policies.")]
    kind: Annotated[Kind, _means("Whom it serves: other servers, or our own people.")] = (
        Kind.INBOUND
    )
    addresses: Annotated[tuple[Endpoint, ...], _means("Where it listens.")]
    tls: Annotated[TlsMode, _means("When connections are encrypted.")] = TlsMode.OFF
    certificate: Annotated[Path | None, _means("The file with the certificate and its chain.")] = (
        None
    )
    key: Annotated[
        Path | None, _means("The file with its key; else the key is in the certificate's file.")
    ] = None
    require_tls: Annotated[bool, _means("Whether mail is refused before STARTTLS.")] = False
    clients: Annotated[
        Path | None,
        _means(
            "The file with those who vouch for clients' certificates; without it, none is asked."
        ),
    ] = None
    require_auth: Annotated[
        bool, _means("Whether mail is taken only after a login; at submission it always is.")
    ] = False
    auth_without_tls: Annotated[
        bool, _means("Whether clients on this machine may log in without TLS: demonstrations.")
    ] = False
    proxies: Annotated[
        tuple[Network, ...], _means("Who must begin with a PROXY header, version 2.")
    ] = ()
    xclient: Annotated[
        tuple[Network, ...], _means("Who may name another client by XCLIENT, as Postfix does.")
    ] = ()
    line_ends: Annotated[
        LineEnds, _means("What becomes of a CR or LF that stands alone in a message.")
    ] = LineEnds.REFUSE
    nul_octets: Annotated[NulOctets, _means("What becomes of NUL in a message.")] = NulOctets.REFUSE
    connections: Annotated[int, _means("The most connections at one time.", ge=1)] = 1000
    connections_per_address: Annotated[int, _means("… from one address.", ge=1)] = 20
    connections_per_network: Annotated[int, _means("… from one IPv6 /64.", ge=1)] = 50


class Outbound(_Table, frozen=True, kw_only=True):
    """`[outbound]`: how mail leaves."""

    port: Annotated[int, _means("The port of other mail servers.", ge=1, le=65_535)] = 25
    resolver: Annotated[
        Endpoint | None, _means("The name server that is asked; else the machine's first.")
    ] = None
    resolver_wait: Annotated[
        Duration,
        _means("How long an answer of it is waited for; without one, mail is put off."),
    ] = Duration(seconds=10)
    smarthost: Annotated[
        Endpoint | None, _means("The server that takes all mail for outside, instead of MX hosts.")
    ] = None
    smarthost_account: Annotated[str, _means("The account there.")] = ""
    smarthost_password: Annotated[Secret | None, _means("Its password.")] = None
    tls: Annotated[
        OutboundTls,
        _means("What is asked of the next hop where no policy of its domain says more."),
    ] = OutboundTls.OPPORTUNISTIC
    dane: Annotated[
        DaneUse,
        _means(
            "Whether TLSA records hold (RFC 7672), by a resolver that validates DNSSEC and is on"
            " this machine or named above; with `required` nothing starts without such a one."
        ),
    ] = DaneUse.AUTO
    mta_sts: Annotated[
        bool, _means("Whether MTA-STS policies of recipients' domains hold (RFC 8461).")
    ] = True
    mta_sts_port: Annotated[
        int, _means("The port of the web servers that have them.", ge=1, le=65_535)
    ] = 443
    authorities: Annotated[
        Path | None,
        _means("A file with certificates of authorities to trust beside those of this machine."),
    ] = None
    source_addresses: Annotated[
        tuple[IpAddress, ...], _means("Addresses to connect from, at most one of each family.")
    ] = ()
    connections: Annotated[int, _means("Connections at one time.", ge=1)] = 100
    connections_per_destination: Annotated[int, _means("… to one destination.", ge=1)] = 5
    messages_per_connection: Annotated[
        int, _means("Messages after which a connection is closed.", ge=1)
    ] = 100
    connect: Annotated[Duration, _means("How long a connection may take to come about.")] = (
        Duration(seconds=30)
    )


class Retry(_Table, frozen=True, kw_only=True):
    """`[retry]`: when delivery is tried again, and how long."""

    schedule: Annotated[str, _means("A schedule by name: `default` or `exchange-online`.")] = (
        "default"
    )
    waits: Annotated[
        tuple[Duration, ...],
        _means("Waits after the first try, the second, …; the last repeats. Else the schedule's."),
    ] = ()
    expire: Annotated[
        Duration | None,
        _means("When delivery is given up (RFC 5321 §4.5.4.1). Else the schedule's."),
    ] = None
    delay_notice: Annotated[
        Duration | None, _means("When the sender is told of the delay. Else the schedule's.")
    ] = None


class Reports(_Table, frozen=True, kw_only=True):
    """`[reports]`: the notices to senders."""

    from_name: Annotated[
        str,
        _means(
            "The name beside the postmaster's address; else whose mail delivery it is, in the"
            " notice's language."
        ),
    ] = ""
    organisation: Annotated[str, _means("Who runs this system, as people know it.")] = ""
    help_base: Annotated[
        str, _means("Where the causes' pages are: a notice links to this and the cause.")
    ] = ""
    contact: Annotated[
        MailAddress | None, _means("Whom people may ask; else postmaster at their domain.")
    ] = None
    delisting: Annotated[
        str,
        _means(
            "The page where removal from the block list is asked for, said to who is on it; else"
            " `/delist` where others reach `[web]`, else the postmaster at our name."
        ),
    ] = ""
    language: Annotated[
        str,
        _means(
            "The language of notices, unless the sender's mailbox, the message"
            " (`Accept-Language`, `Content-Language`) or the organisation has one."
        ),
    ] = "en"
    style: Annotated[Style, _means("How notices look.")] = Style.MODERN
    returned: Annotated[
        Returned, _means("What of the message is returned where its sender does not say.")
    ] = Returned.FULL
    returned_size: Annotated[
        Size, _means("The largest message that is returned whole; of larger ones, the header.")
    ] = Size(1 << 20)
    copies: Annotated[
        tuple[MailAddress, ...], _means("Administrators who get a copy of each notice of failure.")
    ] = ()
    digest: Annotated[
        tuple[MailAddress, ...],
        _means(
            "Who gets a list, once a day, of the notices that were withheld, if there were any."
        ),
    ] = ()


class Spam(_Table, frozen=True, kw_only=True):
    """`[spam]`: what a scanner in front of the gateway says. The gateway itself looks for none."""

    header: Annotated[
        str,
        _means(
            "The field in which it says so, as `X-Spam-Flag`; its value begins with `YES` for spam."
            " Shares of spam that make senders suspicious are counted by it."
        ),
    ] = ""
    gtube: Annotated[
        bool, _means("Whether a message with the GTUBE test string counts as spam: for trials.")
    ] = False


class Forwarding(_Table, frozen=True, kw_only=True):
    """`[forwarding]`: rewritten return paths (SRS), so that forwarded mail passes SPF."""

    domain: Annotated[DomainName | None, _means("The domain of the rewritten return paths.")] = None
    secret: Annotated[Secret | None, _means("What signs them; the same on every node.")] = None


class Signing(_Table, frozen=True, kw_only=True):
    """`[[signing]]`: DKIM signatures of a domain's mail (RFC 6376)."""

    domain: Annotated[DomainName, _means("The domain.")]
    selector: Annotated[str, _means("The selector that its DNS has.")]
    key: Annotated[Path, _means("The file with the private key.")]


class Retention(_Table, frozen=True, kw_only=True):
    """`[retention]`: how long is kept what is over."""

    messages: Annotated[Duration, _means("Finished messages, for traces.")] = Duration(days=30)
    events: Annotated[Duration, _means("Events that belong to no message.")] = Duration(days=30)
    counters: Annotated[Duration, _means("Counters, which limits look back on.")] = Duration(days=2)
    blocks: Annotated[Duration, _means("Blocks that were lifted or ran out.")] = Duration(days=90)


class Health(_Table, frozen=True, kw_only=True):
    """`[health]`: when the gateway says that it should be given no mail."""

    disk_free: Annotated[
        Size, _means("The least room on the disks of the queue and of the mailboxes.")
    ] = Size(256 << 20)
    lag: Annotated[Duration, _means("The longest the queue may take to write something down.")] = (
        Duration(seconds=5)
    )


class Directory(_Table, frozen=True, kw_only=True):
    """`[directory]`: who is here. Without it, the organisations of the demonstration."""

    file: Annotated[
        Path | None, _means("The file with the organisations; docs/directory.md describes it.")
    ] = None
    organisation: Annotated[
        tuple[OrganisationTable, ...], _means("The organisations, written here instead.")
    ] = ()


_DEMONSTRATION = (
    Listener(name="inbound", addresses=(Endpoint("127.0.0.1:2525"),)),
    Listener(
        name="submission",
        kind=Kind.SUBMISSION,
        addresses=(Endpoint("127.0.0.1:2587"),),
        auth_without_tls=True,
    ),
)


class Web(_Table, frozen=True, kw_only=True):
    """`[web]`: the look-ups, and the console for administrators. Off unless an address is named."""

    address: Annotated[
        Endpoint | None, _means("Where pages are served; put HTTPS in front of it for others.")
    ] = None
    private: Annotated[
        bool, _means("Whether visitors may check inner networks' names and addresses.")
    ] = False


class Webhook(_Table, frozen=True, kw_only=True):
    """`[[webhook]]`: another system that is told of what happens; [its page](webhooks.md)."""

    name: Annotated[str, _means("Its name in logs, commands and the queue; keep it.")]
    url: Annotated[Secret, _means("Where it is told, by POST. It is never shown.")]
    secret: Annotated[Secret | None, _means("What signs the calls: this, or one of the next.")] = (
        None
    )
    secret_file: Annotated[Path | None, _means("… the file that holds it …")] = None
    secret_environment: Annotated[str, _means("… or the variable of the environment.")] = ""
    events: Annotated[
        tuple[CallKind, ...],
        _means("What it is told of: failed, expired, withheld, complaint. Else all of these."),
    ] = tuple(CallKind)
    private: Annotated[
        bool, _means("Whether it may be in an inner network, and be called without TLS.")
    ] = False


class Config(_Table, frozen=True, kw_only=True):
    """The whole of it."""

    server: Server = Server()
    listener: tuple[Listener, ...] = _DEMONSTRATION
    limits: Limits = Limits()
    trust: Trust = Trust()
    block_list: tuple[BlockListTable, ...] = ()
    policies: Annotated[
        dict[str, Mode],
        _means(
            "What becomes of a policy's verdict, by the policy's name; docs/policies lists them."
        ),
    ] = default_from(default_factory=dict)
    outbound: Outbound = Outbound()
    retry: Retry = Retry()
    reports: Reports = Reports()
    spam: Spam = Spam()
    forwarding: Forwarding = Forwarding()
    signing: tuple[Signing, ...] = ()
    retention: Retention = Retention()
    health: Health = Health()
    webhook: tuple[Webhook, ...] = ()
    web: Web = Web()
    directory: Directory = Directory()

    @property
    def delisting(self) -> str:
        """The page where removal from the block list is asked for; empty: there is none for others."""
        at = self.web.address
        if self.reports.delisting or at is None or at.is_loopback or not at.port:
            return self.reports.delisting
        host = at.host if at.host not in _EVERYWHERE else self.server.name or socket.getfqdn()
        return f"http://{f'[{host}]' if ':' in host else host}:{at.port}/delist"

    @property
    def control(self) -> Path | None:
        """Where the socket is by which commands reach the running gateway; None: nowhere."""
        if self.server.control is not None:
            return Path(self.server.control)
        file = self.queue_file
        return None if file is None else file.with_name(f"{file.name}.control")

    @property
    def queue_file(self) -> Path | None:
        """The queue's file; None where it is kept by a server."""
        return self.server.queue.file

    @property
    def schedule(self) -> Schedule:
        """When to try again: the named schedule, with what is said beside it."""
        retry, named = self.retry, schedules()[self.retry.schedule]
        return Schedule(
            waits=retry.waits or named.waits,
            jitter=named.jitter,
            tell_after=named.tell_after if retry.delay_notice is None else retry.delay_notice,
            expire_after=named.expire_after if retry.expire is None else retry.expire,
        )
