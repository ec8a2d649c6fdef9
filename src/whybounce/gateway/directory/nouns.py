"""Who and what a directory holds. These shapes are the file's, the tables' and the answers'.

An organisation has domains, entries (mailboxes, aliases, groups, public folders, mail users,
contacts), connectors and accounts. What an entry allows stands in the entry.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, json

from whybounce.gateway.addresses import DomainName, MailAddress, folded_domain
from whybounce.gateway.values import Endpoint, Network, Secret, Size


class DomainKind(StrEnum):
    """Who knows the recipients of an accepted domain."""

    AUTHORITATIVE = "authoritative"  # We do: who is not here is nowhere.
    INTERNAL_RELAY = "internal-relay"  # Some are here; the others' mail goes on, by a connector.
    EXTERNAL_RELAY = "external-relay"  # None is here.


class AddressForm(StrEnum):
    """How an address can be written that a domain gives to nobody."""

    QUOTED = "quoted"  # "anna arendt"@…, RFC 5321 §4.1.2.
    ROUTED = (
        "routed"  # anna%other.example@…, other!anna@…: ways of old, and of those who seek relays.
    )
    TAGGED = "tagged"  # anna+news@…, RFC 5233.
    INTERNATIONALIZED = "internationalized"  # jürgen@…, RFC 6531.


class Sending(StrEnum):
    """What an account may send. Any but the first is put in force and lifted by administrators."""

    ALLOWED = "allowed"
    RESTRICTED = "restricted"  # Nothing to outside: 5.1.8.
    BANNED = "banned"  # Nothing at all: 5.7.501 to 5.7.503.
    DISABLED = "disabled"  # It cannot log in.


class ConnectorTls(StrEnum):
    """What an outbound connector asks of the next hop."""

    OPPORTUNISTIC = "opportunistic"
    ENCRYPT = "encrypt"
    VERIFY = "verify"


class Pattern(str):
    """Domains a connector is for."""

    __slots__ = ()
    WANTED = 'a domain, "*.example.org" for those below one, or "*" for all'

    @classmethod
    def parse(cls, written: object) -> "Pattern":
        """Return the pattern in its one spelling. Raises ValueError."""
        if written == "*":
            return cls(written)
        below = isinstance(written, str) and written.startswith("*.")
        domain = DomainName.parse(written[2:] if below and isinstance(written, str) else written)
        return cls(f"*.{domain}" if below else domain)


class Correspondent(str):
    """A person, a group or a domain, in lists of who may write."""

    __slots__ = ()
    WANTED = 'an address such as "anna@contoso.example", or a domain such as "@fabrikam.example"'

    @classmethod
    def parse(cls, written: object) -> "Correspondent":
        """Return it as it was written; a domain in its one spelling. Raises ValueError."""
        if isinstance(written, str) and written.startswith("@"):
            return cls(f"@{DomainName.parse(written[1:])}")
        return cls(MailAddress.parse(written))

    @property
    def key(self) -> str:
        """What to compare: an address's key, or ``@`` and a domain."""
        return str(self) if self.startswith("@") else MailAddress(self).key


class _Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    pass


def _means(text: str) -> Meta:
    return Meta(description=text)


class Domain(_Table, frozen=True, kw_only=True):
    """`[[organisation.domain]]`: a domain whose mail is accepted."""

    name: Annotated[DomainName, _means("The domain.")]
    kind: Annotated[DomainKind, _means("Who knows its recipients.")] = DomainKind.AUTHORITATIVE
    catch_all: Annotated[
        MailAddress | None, _means("Who gets mail for addresses that nobody has.")
    ] = None
    tag_separator: Annotated[
        str, _means('What begins a sub-address, as in anna+news@…; "" for none.')
    ] = "+"
    edge_blocking: Annotated[
        bool, _means("Whether outsiders hear of an unknown recipient as refused access (5.4.1).")
    ] = False
    consumer: Annotated[
        bool, _means("Whether it is a service for everybody, which says so in its way (5.5.0).")
    ] = False
    forbidden_forms: Annotated[
        tuple[AddressForm, ...], _means("Forms of address that it gives to nobody (5.7.504).")
    ] = ()
    blocked_networks: Annotated[
        tuple[Network, ...], _means("Clients that it refuses (5.7.513).")
    ] = ()
    ipv6: Annotated[bool, _means("Whether it takes mail over IPv6 (else 5.7.510).")] = True


class _Recipient(_Table, frozen=True, kw_only=True):
    """What every entry has, and whom it lets write."""

    address: Annotated[MailAddress, _means("Its address, at a domain of the organisation.")]
    name: Annotated[str, _means("How people know it.")] = ""
    aliases: Annotated[tuple[MailAddress, ...], _means("Its further addresses.")] = ()
    accept_from: Annotated[
        tuple[Correspondent, ...],
        _means("Who may write: people, groups (their members) and domains; else anybody."),
    ] = ()
    reject_from: Annotated[tuple[Correspondent, ...], _means("Who may not.")] = ()
    require_authentication: Annotated[
        bool, _means("Whether only people who are logged in may write.")
    ] = False
    moderators: Annotated[
        tuple[MailAddress, ...],
        _means("Who alone writes to it, with the owners; others are told so (5.7.1)."),
    ] = ()
    unmoderated: Annotated[tuple[Correspondent, ...], _means("Who may write to it too.")] = ()
    message_size: Annotated[
        Size | None, _means("The largest message it takes; else as the configuration says.")
    ] = None

    @property
    def addresses(self) -> tuple[MailAddress, ...]:
        """All its addresses, the first one first."""
        return (self.address, *self.aliases)


class Mailbox(_Recipient, tag="mailbox", tag_field="is", frozen=True, kw_only=True):
    """`[[organisation.mailbox]]`: mail is kept here."""

    disabled: Annotated[bool, _means("Whether it takes no mail (5.2.1).")] = False
    moved_to: Annotated[
        MailAddress | None, _means("Where its owner has gone; mail is refused with that (5.1.6).")
    ] = None
    quota: Annotated[
        Size | None,
        _means("How much it holds; more is refused (5.2.2), at RCPT as far as it is declared."),
    ] = None
    lmtp: Annotated[
        Endpoint | None,
        _means("The LMTP server that keeps its mail; else as `[server]` says."),
    ] = None
    language: Annotated[
        str, _means("The language of notices to its owner; else that of the message they sent.")
    ] = ""
    forward_to: Annotated[tuple[MailAddress, ...], _means("Where its mail goes on to.")] = ()
    keep_copy: Annotated[bool, _means("Whether forwarded mail is kept here too.")] = True
    recipients_per_day: Annotated[
        int | None,
        _means("Recipients it may write to in 24 hours; else `[limits]`; 0 is no limit."),
    ] = None
    messages_per_minute: Annotated[
        int | None, _means("Messages it may send in a minute; else `[limits]`; 0 is no limit.")
    ] = None
    received_per_hour: Annotated[
        int | None, _means("Messages it takes in an hour; else `[limits]`; 0 is no limit.")
    ] = None


class Alias(_Recipient, tag="alias", tag_field="is", frozen=True, kw_only=True):
    """`[[organisation.alias]]`: an address that stands for others, which are told nothing of it."""

    to: Annotated[tuple[MailAddress, ...], _means("Whose address it is, here or elsewhere.")]


class Group(_Recipient, tag="group", tag_field="is", frozen=True, kw_only=True):
    """`[[organisation.group]]`: a list of people and of groups."""

    members: Annotated[
        tuple[MailAddress, ...], _means("Who is in it: entries, groups among them, or outsiders.")
    ] = ()
    owners: Annotated[
        tuple[MailAddress, ...], _means("Whose it is; the first gets the copies' reports.")
    ] = ()


class PublicFolder(_Recipient, tag="public-folder", tag_field="is", frozen=True, kw_only=True):
    """`[[organisation.public-folder]]`: a folder that takes mail."""

    quota: Annotated[
        Size | None,
        _means("How much it holds; more is refused (5.2.2), at RCPT as far as it is declared."),
    ] = None


class MailUser(_Recipient, tag="mail-user", tag_field="is", frozen=True, kw_only=True):
    """`[[organisation.mail-user]]`: one of our people whose mailbox is elsewhere."""

    to: Annotated[MailAddress, _means("Where the mailbox is.")]


class Contact(_Recipient, tag="contact", tag_field="is", frozen=True, kw_only=True):
    """`[[organisation.contact]]`: an outsider with an address here."""

    to: Annotated[MailAddress, _means("The address outside.")]


Entry: TypeAlias = Mailbox | Alias | Group | PublicFolder | MailUser | Contact


class InboundConnector(_Table, frozen=True, kw_only=True):
    """`[[organisation.inbound-connector]]`: servers we know, and what they must prove."""

    name: Annotated[str, _means("Its name.")]
    networks: Annotated[tuple[Network, ...], _means("Where they connect from.")] = ()
    certificate: Annotated[
        DomainName | None, _means("The name that their client certificate must have.")
    ] = None
    domains: Annotated[
        tuple[Pattern, ...], _means("Whose mail they send; by their senders' domains.")
    ] = (Pattern("*"),)
    internal: Annotated[
        bool, _means("Whether they are ours: their mail counts as sent by people logged in.")
    ] = False
    may_relay: Annotated[bool, _means("Whether they may send to anywhere.")] = False
    require_tls: Annotated[bool, _means("Whether mail of these domains comes encrypted only.")] = (
        False
    )
    require_match: Annotated[
        bool, _means("Whether mail of these domains comes from these servers only.")
    ] = False
    reject_bare_line_feeds: Annotated[
        bool, _means("Whether a LF that stands alone is refused (5.6.11); else each becomes CR LF.")
    ] = True
    disabled: Annotated[bool, _means("Whether it is out of use.")] = False


class OutboundConnector(_Table, frozen=True, kw_only=True):
    """`[[organisation.outbound-connector]]`: the way to some domains."""

    name: Annotated[str, _means("Its name.")]
    domains: Annotated[tuple[Pattern, ...], _means("The domains it is for.")]
    hosts: Annotated[
        tuple[Endpoint, ...],
        _means("The servers that take the mail, in order; else the domain's MX."),
    ] = ()
    tls: Annotated[ConnectorTls, _means("What is asked of them.")] = ConnectorTls.OPPORTUNISTIC
    certificate: Annotated[
        DomainName | None, _means('The name in their certificate, with tls = "verify".')
    ] = None
    account: Annotated[str, _means("The account there.")] = ""
    password: Annotated[Secret | None, _means("Its password.")] = None
    disabled: Annotated[bool, _means("Whether it is out of use.")] = False


class Account(_Table, frozen=True, kw_only=True):
    """`[[organisation.account]]`: who logs in to send."""

    name: Annotated[str, _means("What is typed at the log-in; often the address.")]
    password: Annotated[
        Secret, _means("The password's argon2 hash: `whybounce config password` makes it.")
    ]
    send_as: Annotated[
        tuple[Correspondent, ...], _means("Addresses and domains it may use as the sender.")
    ] = ()
    sending: Annotated[Sending, _means("What it may send.")] = Sending.ALLOWED
    smtp: Annotated[bool, _means("Whether it may log in by SMTP.")] = True
    administrator: Annotated[
        bool, _means("Whether it may use the console: what that shows and changes is everybody's.")
    ] = False


class MailFlowRule(_Table, frozen=True, kw_only=True):
    """`[[organisation.mail-flow-rule]]`: mail that the organisation refuses, to it or from it (5.7.1)."""

    name: Annotated[str, _means("Its name, for traces.")]
    senders: Annotated[
        tuple[Correspondent, ...],
        _means("Whose mail: people, groups (their members) and domains; else anybody's."),
    ] = ()
    recipients: Annotated[
        tuple[Correspondent, ...], _means("Mail to whom, in the same way; else to anybody.")
    ] = ()
    field: Annotated[str, _means("The header field that is looked at.")] = "Subject"
    words: Annotated[
        tuple[str, ...],
        _means("One of these stands in the field, in upper or lower case; else any message."),
    ] = ()


class Organisation(_Table, frozen=True, kw_only=True):
    """`[[organisation]]`: a tenant, and what holds for all of it."""

    name: Annotated[str, _means("Its name.")]
    require_authentication: Annotated[
        bool, _means("Whether only people who are logged in may write to anybody (5.7.12).")
    ] = False
    external_forwarding: Annotated[
        bool, _means("Whether its mailboxes may forward to outside (5.7.520).")
    ] = True
    blocked_networks: Annotated[
        tuple[Network, ...], _means("Clients that all its domains refuse (5.7.507).")
    ] = ()
    blocked_recipients: Annotated[
        tuple[Correspondent, ...], _means("Whom its people may not write to (5.7.703).")
    ] = ()
    language: Annotated[
        str,
        _means(
            "The language of notices where neither mailbox nor message has one; else `[reports]`."
        ),
    ] = ""
    journaling_archive: Annotated[
        bool, _means("Whether it takes journal reports of its own servers (5.3.190).")
    ] = False
    sending: Annotated[Sending, _means("What its accounts may send.")] = Sending.ALLOWED
    proven: Annotated[
        bool, _means("Whether it is known well enough to send to outside (else 5.7.708).")
    ] = True
    mail_flow_rule: Annotated[
        tuple[MailFlowRule, ...], _means("What is refused; each is a table of its own.")
    ] = ()


class OrganisationTable(Organisation, frozen=True, kw_only=True):
    """An organisation as the file has it: with everything that is its own."""

    domain: tuple[Domain, ...] = ()
    mailbox: tuple[Mailbox, ...] = ()
    alias: tuple[Alias, ...] = ()
    group: tuple[Group, ...] = ()
    public_folder: tuple[PublicFolder, ...] = ()
    mail_user: tuple[MailUser, ...] = ()
    contact: tuple[Contact, ...] = ()
    inbound_connector: tuple[InboundConnector, ...] = ()
    outbound_connector: tuple[OutboundConnector, ...] = ()
    account: tuple[Account, ...] = ()

    @property
    def settings(self) -> Organisation:
        """What holds for all of it."""
        return Organisation(
            **{name: getattr(self, name) for name in Organisation.__struct_fields__}
        )

    @property
    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Every entry, with its table's name."""
        for table, entries in (
            ("mailbox", self.mailbox),
            ("alias", self.alias),
            ("group", self.group),
            ("public-folder", self.public_folder),
            ("mail-user", self.mail_user),
            ("contact", self.contact),
        ):
            yield from ((table, entry) for entry in entries)

    def has(self, domain: str) -> bool:
        """Whether the domain is its own."""
        return any(folded_domain(domain) == each.name for each in self.domain)


class DirectoryTable(_Table, frozen=True, kw_only=True):
    """The whole file."""

    organisation: tuple[OrganisationTable, ...] = ()


def as_json(noun: Struct) -> bytes:
    """Return a noun as JSON, which ``json_decoder`` reads."""
    return _ENCODER.encode(noun)


def json_decoder(kind: Any) -> json.Decoder[Any]:
    """Return what reads nouns of that kind. They were checked before, so nothing is parsed again."""
    return json.Decoder(kind, dec_hook=lambda kind, value: kind(value))


def _plain(value: object) -> int | str:
    return int(value) if isinstance(value, int) else str(value)


_ENCODER = json.Encoder(enc_hook=_plain)
