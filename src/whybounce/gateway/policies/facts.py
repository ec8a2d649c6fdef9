"""What policies are given: all that is known when they are asked. ``asking`` fetches it.

Later stages know more: what is not known yet is None or empty. They are msgspec's structs, because a
message's facts grow six times, and a dataclass of so many fields takes 40 times as long to replace.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from whybounce.checking.block_lists import BlockListResult
from whybounce.gateway.addresses import folded_domain, is_postmaster
from whybounce.gateway.directory import (
    Domain,
    Entry,
    Found,
    Login,
    Mailbox,
    MailFlowRule,
    PublicFolder,
    Rights,
)
from whybounce.gateway.directory.nouns import InboundConnector, Organisation
from whybounce.gateway.limits import Limits
from whybounce.gateway.store.rows import Block
from whybounce.gateway.trust import Trust
from whybounce.notation import first_field, mailboxes
from whybounce.vocabulary.authentication import Authentication
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session

_NO_ENVELOPE = Envelope("")
_NOBODY = Recipient("")
_IPV6 = 6
_NOBODY_TRUSTED = Trust()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The message itself, at the dot."""

    fields: tuple[tuple[str, str], ...]  # Its header, as far as it was read.
    octets: int
    embedded_files: int = 0  # The most inside one attachment, as far as it was looked at.
    owns_from: bool | None = None  # Whether the login may use the address in From; None: not asked.
    is_spam: bool = False  # As the scanner in front says, or the GTUBE test string.

    @property
    def authors(self) -> tuple[str, ...]:
        """The addresses in the first From field."""
        return mailboxes(first_field(self.fields, "from") or "")

    @property
    def senders(self) -> tuple[str, ...]:
        """The address in the Sender field, which holds one."""
        return mailboxes(first_field(self.fields, "sender") or "")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Who is connected, what they want, and what we know about it."""

    # From the connection on.
    session: Session
    host: str  # Our name.
    is_submission: bool  # The listener serves our own people.
    login_required: bool = False  # Whether it takes mail only after a login.
    limits: Limits
    now: datetime
    trust: Trust = _NOBODY_TRUSTED
    own_names: frozenset[str] = frozenset()  # By which we are called, address literals included.
    delisting: str = ""  # The page where removal from the block list is asked for.

    # From MAIL on.
    envelope: Envelope = _NO_ENVELOPE  # With the recipients that were taken before.
    login: Login | None = None
    mailbox: Mailbox | None = None  # That of the login.
    organisation: Organisation | None = None  # Whose people or servers send; None: strangers.
    connector: InboundConnector | None = None  # By which they send, if they are known servers.
    restricting: tuple[InboundConnector, ...] = ()  # For this sender's domain, and not fitting.
    owns_return_path: bool | None = None  # Whether the login may use it; None: not asked.
    sender_registered: bool | None = None  # Whether its domain is the organisation's own.
    claims_to_be_ours: bool = False  # By the sender's domain, or by showing a certificate.

    # At RCPT.
    recipient: Recipient = _NOBODY
    domain: Domain | None = None  # The accepted domain; None where it is not ours.
    receiving: Organisation | None = None  # Whose recipient it is.
    found: Found | None = None  # Whom the address leads to.
    stands_for: Entry | None = None  # Whom that one leads to, if it is an alias of one.
    rights: Rights | None = None  # What that one lets this sender do.
    is_return: bool = False  # Whether it is a return path of ours, of forwarded mail.
    leads_here: bool = False  # Whether the MX of a domain that is not ours names us.
    missing: str = ""  # Where that one's mail would go, and nobody is.
    rules: tuple[MailFlowRule, ...] = ()  # Of both sides' organisations, about these two.
    held: int | None = None  # Octets in the mailbox with a quota that it ends in; None: not known.

    listings: tuple[BlockListResult, ...] = ()  # What DNS block lists say of the client.

    # At the dot.
    content: Content | None = None
    authentication: Authentication | None = None  # Of strangers' mail; None: it is ours.
    taken: tuple["Facts", ...] = ()  # What was known at RCPT, for each recipient that passed.

    # What the policies of the stage asked for.
    counts: Mapping[str, int] = msgspec.field(default_factory=dict)  # By the tallies' names.
    blocks: tuple[Block, ...] = ()  # In force, about anybody who takes part.

    @property
    def sender(self) -> str:
        """The return path; empty: the null one."""
        return self.envelope.return_path

    @property
    def is_ours(self) -> bool:
        """Whether it comes from people who are logged in, or from servers of ours."""
        return self.login is not None or bool(self.connector and self.connector.internal)

    @property
    def may_relay(self) -> bool:
        """Whether it may go to anywhere."""
        return self.login is not None or bool(self.connector and self.connector.may_relay)

    @property
    def is_over_ipv6(self) -> bool:
        """Whether the client's address is an IPv6 one."""
        return self.session.address.version == _IPV6

    @property
    def is_passed_on(self) -> bool:
        """Whether a forwarder that the operator knows brings it."""
        return any(self.session.address in each.addresses for each in self.trust.forwarders)

    @property
    def is_for_postmaster(self) -> bool:
        """Whether the recipient is a postmaster of ours, RFC 5321 §4.5.1: reachable by everybody."""
        if not is_postmaster(self.recipient.address):
            return False
        return self.domain is not None or folded_domain(self.recipient.domain) in {"", self.host}

    @property
    def quota(self) -> int | None:
        """How many octets the recipient's Maildir may hold; None: any, or mail goes on from there."""
        entry = self.end
        if not isinstance(entry, Mailbox | PublicFolder) or entry.quota is None:
            return None
        if isinstance(entry, Mailbox) and (entry.lmtp is not None or entry.forward_to):
            return None
        if isinstance(entry, Mailbox) and (entry.disabled or entry.moved_to):
            return None  # Delivery says that, which no room would mend.
        return int(entry.quota)

    @property
    def end(self) -> Entry | None:
        """Whose the mail is in the end, as far as that is one."""
        return self.stands_for or (self.found.entry if self.found else None)

    def block(self, cause: str, kind: str) -> Block | None:
        """Return the oldest block in force that has this cause raised for somebody of that kind."""
        return next((b for b in self.blocks if b.cause == cause and b.kind == kind), None)

    @property
    def values(self) -> dict[str, str]:
        """What the placeholders of any cause may need."""
        return {
            "sender": self.sender,
            "sender_domain": self.sender.rpartition("@")[2],
            "recipient": self.recipient.address,
            "domain": self.recipient.domain,
            "ip": str(self.session.address),
            "helo": self.session.helo or "",
            "remote": self.host,
        }
