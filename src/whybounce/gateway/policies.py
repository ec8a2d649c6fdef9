"""Whether mail is taken: one function for each question, asked in the order of the lists below.

A policy names a cause of the catalogue and what its words need; it writes no SMTP text. It is given
facts and asks nobody, so that each can be tried with a table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from whybounce.gateway.directory import (
    Domain,
    DomainKind,
    Found,
    Group,
    Mailbox,
    MailUser,
    PublicFolder,
    Rights,
)

_POSTMASTER = "postmaster"

_CLOSED_TO_STRANGERS: Mapping[type, str] = {
    Group: "sender-not-authenticated-for-group",
    MailUser: "sender-not-authenticated-for-mail-user",
    PublicFolder: "sender-not-authenticated-for-public-folder",
}


@dataclass(frozen=True, slots=True)
class Refuse:
    """Why mail is not taken."""

    cause: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """What is known when a recipient is named."""

    sender: str  # The return path; empty: the null one.
    recipient: str
    domain: Domain | None  # The accepted domain; None where it is not ours.
    found: Found | None  # Whom the address leads to.
    rights: Rights | None  # What that one lets this sender do.
    may_relay: bool  # Logged in, or one of the servers that may send to anywhere.
    is_ours: bool  # Logged in, or one of our own servers.
    is_gateway: bool = False  # The postmaster of this very system.
    size: int = 0  # Octets, as the client declared them; 0 where it did not.


def relaying_is_allowed(named: Named) -> Refuse | None:
    """Refuse to carry strangers' mail to strangers. Cause: ``unable-to-relay``."""
    if named.domain or named.may_relay or named.is_gateway:
        return None
    return Refuse("unable-to-relay", _values(named))


def recipient_exists(named: Named) -> Refuse | None:
    """Refuse whom an authoritative domain does not have.

    Causes: ``recipient-not-found``; at the edge ``recipient-rejected-at-edge``. RFC 5321 §4.5.1:
    every domain has a postmaster.
    """
    domain = named.domain
    if domain is None or domain.kind is not DomainKind.AUTHORITATIVE or named.found:
        return None
    if is_postmaster(named.recipient):
        return None
    hides = domain.edge_blocking and not named.is_ours
    return Refuse("recipient-rejected-at-edge" if hides else "recipient-not-found", _values(named))


def mailbox_is_open(named: Named) -> Refuse | None:
    """Refuse mail for closed mailboxes. Causes: ``mailbox-disabled``, ``mailbox-moved``."""
    entry = named.found.entry if named.found else None
    if not isinstance(entry, Mailbox):
        return None
    if entry.moved_to:
        return Refuse("mailbox-moved", _values(named))
    return Refuse("mailbox-disabled", _values(named)) if entry.disabled else None


def sender_is_authenticated(named: Named) -> Refuse | None:
    """Refuse strangers' mail where only people who are logged in may write.

    Causes: ``sender-not-authenticated-by-organization``, and one for each kind of entry.
    """
    if named.found is None or named.rights is None or named.is_ours:
        return None
    if named.rights.entry_needs_authentication:
        kind = type(named.found.entry)
        cause = _CLOSED_TO_STRANGERS.get(kind, "sender-not-authenticated-for-mailbox")
        return Refuse(cause, _values(named))
    if named.rights.organisation_needs_authentication:
        return Refuse("sender-not-authenticated-by-organization", _values(named))
    return None


def sender_is_listed(named: Named) -> Refuse | None:
    """Refuse whom the recipient's own lists keep out.

    Causes: ``delivery-not-authorized``; of a group ``sender-not-in-allowed-list``. Reports pass:
    the null return path is on nobody's list.
    """
    rights = named.rights
    if named.found is None or rights is None or not named.sender:
        return None
    if rights.accepted and not rights.rejected:
        return None
    is_group = isinstance(named.found.entry, Group)
    cause = "sender-not-in-allowed-list" if is_group else "delivery-not-authorized"
    return Refuse(cause, _values(named))


def recipient_takes_the_size(named: Named) -> Refuse | None:
    """Refuse what is declared larger than this recipient takes. Cause: ``message-too-large``."""
    limit = named.found.entry.message_size if named.found else None
    if limit is None or named.size <= limit:
        return None
    return Refuse("message-too-large", {**_values(named), "limit": str(limit)})


AT_RECIPIENT: Sequence[Callable[[Named], Refuse | None]] = (
    relaying_is_allowed,
    recipient_exists,
    mailbox_is_open,
    sender_is_authenticated,
    sender_is_listed,
    recipient_takes_the_size,
)


def first_refusal(named: Named) -> Refuse | None:
    """Return what the first policy says that refuses the recipient."""
    return next((refused for policy in AT_RECIPIENT if (refused := policy(named))), None)


def is_postmaster(address: str) -> bool:
    """Whether it is a postmaster, with a domain or, RFC 5321 §4.5.1, without."""
    local, at, _ = address.rpartition("@")
    return (local if at else address).lower() == _POSTMASTER


def _values(named: Named) -> dict[str, str]:
    return {
        "sender": named.sender,
        "recipient": named.recipient,
        "domain": named.recipient.rpartition("@")[2],
    }
