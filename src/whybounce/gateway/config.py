"""The configuration: one TOML file, every key optional; the environment overrides ``[server]``.

A profile is a file of the same keys (``profiles/``) that lies under the configuration: what neither
says is as the Structs below say. ``docs/configuration.md`` is written from them.
"""

import os
import re
import socket
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, get_args
from urllib.parse import urlsplit

from msgspec import NODEFAULT, Meta, Struct, field as default_from
from msgspec.structs import FieldInfo, fields, replace

from whybounce.catalogue import catalogue
from whybounce.gateway.addresses import DomainName, MailAddress
from whybounce.gateway.delivery.signing import UnusableKeyError, read_key
from whybounce.gateway.directory import checked, demonstration, read_directory
from whybounce.gateway.directory.nouns import DirectoryTable, OrganisationTable
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import POLICIES, Mode
from whybounce.gateway.shaping import (
    Faults,
    FaultyFileError,
    Readers,
    bare,
    hints_of,
    read_toml,
    shaped,
    shown,
    unknown_key,
    wanted,
)
from whybounce.gateway.smtp.server.settings import LineEnds, NulOctets, TlsMode
from whybounce.gateway.smtp.tls import server_context, verifying_context
from whybounce.gateway.store import Schedule, schedules
from whybounce.gateway.store.rows import CallKind
from whybounce.gateway.trust import BlockListTable, Trust
from whybounce.gateway.values import Duration, Endpoint, Folder, IpAddress, Network, Secret, Size
from whybounce.gateway.webhooks.signing import WANTED as SECRET_WANTED, key_of

PROFILES = Path(__file__).with_name("profiles")
_PREFIX = "WHYBOUNCE_"
_SQLITE = "sqlite:///"
_STORES = (_SQLITE, "postgresql://")
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not listened at
_SELECTOR = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")  # RFC 6376 §3.1.
_FIELD_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 §3.6.8.
_WEBHOOK_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


class ConfigError(FaultyFileError):
    """The configuration cannot be used: one line for each key that is wrong."""


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

    from_name: Annotated[str, _means("The name beside the postmaster's address.")] = (
        "Mail Delivery System"
    )
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


def read_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the configuration; without a file, that of the demonstration.

    Args:
        path: The TOML file. Paths in it are relative to its folder.
        environ: ``WHYBOUNCE_QUEUE`` overrides ``queue`` of ``[server]``, and so on for each of its keys.

    Raises:
        ConfigError: A line for each key that is wrong.

    """
    file = str(path) if path else "configuration"
    try:
        written = read_toml(path) if path else {}
    except FaultyFileError as error:
        raise ConfigError(error.file, error.faults) from error
    faults = Faults()
    folder = path.parent if path else Path()
    written = _with_environment(written, environ, faults)
    config = shaped(
        _laid_over(_profile(written), written),
        Config,
        faults,
        readers=_readers(folder),
    )
    if config is not None:
        config = _with_secrets(config, environ)
        for place, what in _contradictions(config):
            faults.add((place,), what)
    if config is None or faults.said:
        raise ConfigError(file, faults.said)
    return config


def directory_of(config: Config, path: Path | None = None) -> DirectoryTable:
    """Return the organisations that the configuration names; else those of the demonstration.

    Args:
        config: What ``read_config`` returned.
        path: From where, for what is said of organisations that stand in it.

    Raises:
        DirectoryError: A line for each thing that is wrong with them.

    """
    if config.directory.file:
        return read_directory(config.directory.file)
    if config.directory.organisation:
        table = DirectoryTable(organisation=config.directory.organisation)
        return checked(table, str(path or "configuration"))
    return demonstration()


def environment_names() -> dict[str, str]:
    """Return the variables that override keys of ``[server]``, by key."""
    keys = [each.replace("_", "-") for each in Server.__struct_fields__]
    return {key: _PREFIX + key.upper().replace("-", "_") for key in keys}


def _with_environment(
    written: dict[str, Any], environ: Mapping[str, str], faults: Faults
) -> dict[str, Any]:
    """Return the tables with the environment's values in them, each checked under its own name.

    Other variables of that prefix are passed over: a service called whybounce gets several from
    Kubernetes.
    """
    server = written.get("server", {})
    given = {key: environ[name] for key, name in environment_names().items() if name in environ}
    if not given or not isinstance(server, dict):
        return written
    hints = hints_of(Server)
    for key, value in tuple(given.items()):
        field = key.replace("-", "_")
        alone = shaped({key: value}, Server, Faults(), readers=_readers(Path.cwd()))
        if alone is None:
            faults.add_value((environment_names()[key],), value, wanted(hints[field]))
            del given[key]
        elif bare(hints[field]) in {Folder, Queue}:
            given[key] = str(getattr(alone, field))  # Relative to where we are started.
    return {**written, "server": {**server, **given}}


def _profile(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of the profile; none where it is none, which is noted later."""
    server = written.get("server")
    name = server.get("profile", Profile.STANDARD) if isinstance(server, dict) else None
    if name not in [each.value for each in Profile]:
        return {}
    return tomllib.loads((PROFILES / f"{name}.toml").read_text(encoding="utf-8"))


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables over those under them, key by key."""
    merged = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            merged[key] = _laid_over(under[key], over[key])
    return merged


def _readers(folder: Path) -> Readers:
    """Return how paths are read: relative to the folder."""
    return {
        Path: lambda name: _readable(folder, name),
        Folder: lambda name: Folder(folder / Folder.parse(name)),
        Queue: lambda name: Queue.named(name, folder),
    }


def _readable(folder: Path, name: object) -> Path:
    path = folder / Folder.parse(name)
    if path.is_file() and os.access(path, os.R_OK):
        return path
    why = "it is a folder" if path.is_dir() else "no such file"
    raise FileNotFoundError(0, "permission denied" if path.is_file() else why)


def _waits(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that nobody is given up on before they could answer."""
    limits, outbound = config.limits, config.outbound
    for place, wait in (
        ("outbound, connect", outbound.connect),
        ("outbound, resolver-wait", outbound.resolver_wait),
        ("limits, idle", limits.idle),
        ("limits, data-idle", limits.data_idle),
        ("limits, session", limits.session),
    ):
        if not wait:
            yield place, '"0s" is not allowed; allowed is a duration above zero, such as "10s"'


def _contradictions(config: Config) -> Iterator[tuple[str, str]]:
    """Yield what no key says alone: where, and what is wrong."""
    yield from _listeners(config)
    yield from _policies(config)
    yield from _signing(config)
    yield from _retry(config)
    yield from _webhooks(config)
    yield from _waits(config)
    yield from _words_in_mail(config)
    languages = sorted(catalogue().frames)
    if config.reports.language not in languages:
        yield (
            "reports, language",
            f"{shown(config.reports.language)} is not allowed; allowed is {' or '.join(languages)}",
        )
    outbound = config.outbound
    if outbound.smarthost_account and outbound.smarthost_password is None:
        yield "outbound, smarthost-password", "is missing; smarthost-account needs it"
    if outbound.smarthost_password is not None and not outbound.smarthost_account:
        yield "outbound, smarthost-account", "is missing; smarthost-password needs it"
    if (
        outbound.smarthost_password is not None
        and outbound.tls is OutboundTls.OFF
        and outbound.smarthost
        and not outbound.smarthost.is_loopback
    ):
        yield (
            "outbound, tls",
            '"off" is not allowed with smarthost-password, which could be read on the way',
        )
    if outbound.smarthost and not outbound.smarthost.port:
        yield "outbound, smarthost", "port 0 is not allowed; allowed is a port from 1 to 65535"
    if outbound.authorities is not None:
        yield from _authorities(outbound.authorities)
    families = Counter(":" in address for address in outbound.source_addresses)
    if any(count > 1 for count in families.values()):
        yield "outbound, source-addresses", "has two of one family; allowed is one of each"
    if (config.forwarding.domain is None) != (config.forwarding.secret is None):
        yield "forwarding", "domain and secret need each other"
    directory = config.directory
    if directory.file and directory.organisation:
        yield "directory", "has a file and organisations; allowed is one of the two"
    reached = [at for each in config.listener for at in each.addresses if not at.is_loopback]
    if reached and not directory.file and not directory.organisation:
        yield (
            "directory, file",
            (
                f"is missing; {shown(reached[0])} is reached from outside, and the demonstration's"
                " passwords are public"
            ),
        )


def _listeners(config: Config) -> Iterator[tuple[str, str]]:
    names = Counter(each.name for each in config.listener)
    pages = (config.server.operating, config.web.address)
    mail = [at for each in config.listener for at in each.addresses]
    taken = Counter(at for at in (*mail, *pages) if at is not None and at.port)
    for name in (name for name, times in names.items() if times > 1):
        yield f"listener {shown(name)}", "this name stands twice; each listener has its own"
    for address in (address for address, times in taken.items() if times > 1):
        if address in mail:
            said = f"{shown(address)} stands twice; one listener can have it"
            if address in pages:
                said = f"{shown(address)} is that of web pages too; each needs a port of its own"
            yield "listener, addresses", said
        else:
            yield "web, address", f"{shown(address)} stands in server, operating too"
    for each in config.listener:
        place = f"listener {shown(each.name)}"
        if not each.addresses:
            yield f"{place}, addresses", f"is empty; needed is at least one {Endpoint.WANTED[2:]}"
        if each.tls is not TlsMode.OFF:
            yield from _certificate(each, place)
        if each.require_tls and each.tls is TlsMode.OFF:
            yield f"{place}, require-tls", 'true is not allowed with tls = "off"'
        if each.require_auth and each.tls is TlsMode.OFF and not _lets_in_without_tls(each):
            yield (
                f"{place}, require-auth",
                'true is not allowed with tls = "off"; nobody could log in there',
            )
        local = all(at.is_loopback for at in each.addresses)
        if each.kind is Kind.SUBMISSION and each.tls is TlsMode.OFF and not local:
            yield (
                f"{place}, tls",
                '"off" is not allowed where people log in; allowed is "starttls" or "implicit"',
            )


def _lets_in_without_tls(listener: Listener) -> bool:
    """Whether somebody may log in, or be said to have: XCLIENT names accounts too."""
    return listener.auth_without_tls or bool(listener.xclient)


def _words_in_mail(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that what stands in replies and notices can stand there."""
    reports = config.reports
    for place, text in (
        ("reports, from-name", reports.from_name),
        ("reports, organisation", reports.organisation),
    ):
        if not all(map(str.isprintable, text)):
            yield place, f"{shown(text)} is not allowed; allowed is one line of text"
    links = [
        ("reports, help-base", reports.help_base),
        ("reports, delisting", reports.delisting),
        *((f"block-list {shown(each.zone)}, link", each.link) for each in config.block_list),
    ]
    for place, link in links:
        if link and not _is_link(link.replace("{ip}", "192.0.2.1"), {"https", "http"}):
            yield place, f"{shown(link)} is not allowed; allowed is a link: https:// and a host"
    for each in config.block_list:
        for code in each.codes:
            if not code.addresses.is_loopback:
                yield (
                    f"block-list {shown(each.zone)}, codes",
                    f"{shown(code)} is not allowed; allowed are addresses in 127.0.0.0/8",
                )
    if config.spam.header and not _FIELD_NAME.fullmatch(config.spam.header):
        yield (
            "spam, header",
            f'{shown(config.spam.header)} is not allowed; allowed is a name such as "X-Spam-Flag"',
        )


def _certificate(listener: Listener, place: str) -> Iterator[tuple[str, str]]:
    """Hold that there is a certificate with its key, by using them."""
    certificate, key = listener.certificate, listener.key
    if certificate is None:
        yield f"{place}, certificate", f"is missing; tls = {shown(listener.tls)} needs it"
        return
    try:
        server_context(
            str(certificate),
            None if key is None else str(key),
            None if listener.clients is None else str(listener.clients),
        )
    except OSError as error:  # OpenSSL's errors are among them.
        why = getattr(error, "reason", None) or error.strerror or "it holds none"
        said = f"{shown(str(certificate))} cannot be used with its key"
        yield f"{place}, certificate", f"{said}: {why.replace('_', ' ').lower()}"


def _with_secrets(config: Config, environ: Mapping[str, str]) -> Config:
    """Return the configuration with the secrets that stand in files and in the environment."""
    return replace(
        config,
        webhook=tuple(
            replace(each, secret=Secret(found)) if (found := _secret(each, environ)) else each
            for each in config.webhook
        ),
    )


def _secret(webhook: Webhook, environ: Mapping[str, str]) -> str:
    if webhook.secret_file is not None:
        try:
            return webhook.secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
    return environ.get(webhook.secret_environment, "") if webhook.secret_environment else ""


def _webhooks(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that each can be called and signed for, without a word of what is secret."""
    names = Counter(each.name for each in config.webhook)
    for name in (name for name, times in names.items() if times > 1):
        yield f"webhook {shown(name)}", "this name stands twice; each webhook has its own"
    for each in config.webhook:
        place = f"webhook {shown(each.name)}"
        if not _WEBHOOK_NAME.fullmatch(each.name):
            yield f"{place}, name", "is not allowed; allowed are letters, digits, - and _"
        allowed = "http:// or https://" if each.private else "https://"
        if not _is_link(each.url, {"https", "http"} if each.private else {"https"}):
            yield f"{place}, url", f"is not allowed; allowed is {allowed}, a host, and a path"
        if not each.events:
            yield f"{place}, events", "is empty; without the key it is told of all"
        yield from _signed_for(each, place)


def _is_link(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (
        is_whole and url.isascii() and url.isprintable() and " " not in url and not parts.username
    )


def _signed_for(webhook: Webhook, place: str) -> Iterator[tuple[str, str]]:
    ways = {
        "secret": webhook.secret is not None,
        "secret-file": webhook.secret_file is not None,
        "secret-environment": bool(webhook.secret_environment),
    }
    if webhook.secret is None:
        empty = next((way for way, is_said in ways.items() if is_said), None)
        if empty == "secret-environment":
            name = webhook.secret_environment
            yield f"{place}, {empty}", f"the environment has no variable {shown(name)}"
        elif empty:
            yield f"{place}, {empty}", "the file holds nothing that can be read"
        else:
            yield f"{place}, secret", "is missing; `whybounce webhooks secret` makes one"
        return
    try:
        key_of(webhook.secret)
    except ValueError:
        yield f"{place}, secret", f"is not allowed; allowed is {SECRET_WANTED}"


def _policies(config: Config) -> Iterator[tuple[str, str]]:
    known = {policy.name: policy for policy in POLICIES}
    for name in config.policies.keys() - known.keys():
        yield f"policies, {name}", unknown_key(name, known)


def _signing(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that each key signs, and that a domain has one."""
    for each in config.signing:
        if not _SELECTOR.fullmatch(each.selector):
            yield (
                f"signing {shown(each.domain)}, selector",
                f'{shown(each.selector)} is not allowed; allowed is a name such as "s1"',
            )
        try:
            read_key(each.domain, each.selector, each.key)
        except (OSError, UnusableKeyError) as error:
            yield (
                f"signing {shown(each.domain)}, key",
                f"{shown(str(each.key))} cannot sign: {error}",
            )
    for domain, count in Counter(each.domain for each in config.signing).items():
        if count > 1:
            yield f"signing {shown(domain)}", "stands twice; allowed is one key for each domain"


def _authorities(file: Path) -> Iterator[tuple[str, str]]:
    try:
        verifying_context(file)
    except OSError:
        yield "outbound, authorities", f"{shown(str(file))} holds no certificate in PEM"


def _retry(config: Config) -> Iterator[tuple[str, str]]:
    if config.retry.schedule not in schedules():
        named = " or ".join(map(shown, schedules()))
        yield (
            "retry, schedule",
            f"{shown(config.retry.schedule)} is not allowed; allowed is {named}",
        )
        return
    if any(wait <= timedelta() for wait in config.retry.waits):
        yield "retry, waits", '"0s" is not allowed; allowed is a duration above zero'
    schedule = config.schedule
    if schedule.expire_after <= timedelta():
        yield "retry, expire", '"0s" is not allowed; allowed is a duration above zero'


def described(table: type[Struct]) -> Iterator[tuple[str, str, str, str]]:
    """Yield of each key its name, what it may be, its value where nothing is said, its meaning."""
    hints = hints_of(table)
    for field in fields(table):
        hint = hints[field.name]
        meaning = next(note.description for note in get_args(hint)[1:] if note.description)
        yield field.encode_name, wanted(bare(hint)), _default(field), meaning


def _default(field: FieldInfo) -> str:
    if field.default is NODEFAULT:
        return "needed"
    if field.default is None or field.default in {"", ()}:
        return ""
    if isinstance(field.default, tuple):
        return ", ".join(map(str, field.default))
    plain = isinstance(field.default, bool | int) and not isinstance(field.default, Size)
    return shown(field.default if plain else str(field.default))
