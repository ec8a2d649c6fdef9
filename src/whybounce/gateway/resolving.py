"""Where a recipient's mail goes: a mailbox here, a connector's host, or whoever the DNS names.

Groups, aliases and forwarding are opened before, by ``expanding``.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from whybounce.gateway.addresses import domain_of, is_postmaster, key_of
from whybounce.gateway.delivery.attempts import Obstacle
from whybounce.gateway.delivery.destinations import (
    Destination,
    Lmtp,
    Maildir,
    MailExchangers,
    Smarthost,
)
from whybounce.gateway.delivery.opening import Login
from whybounce.gateway.directory import (
    Alias,
    Directory,
    DomainKind,
    Found,
    Group,
    Mailbox,
    OutboundConnector,
    PublicFolder,
)
from whybounce.gateway.expanding import OPENED, REFUSED
from whybounce.gateway.store.rows import LeasedRecipient, QueuedMessage
from whybounce.gateway.values import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolving:
    """Says where mail goes."""

    directory: Directory
    mailboxes: Path  # The folder with the Maildirs.
    lmtp: Endpoint | None = None  # Takes mail for mailboxes instead.
    smarthost: Smarthost | None = None  # Takes all mail for outside.
    host: str  # Our name.

    async def __call__(
        self, message: QueuedMessage, recipient: LeasedRecipient
    ) -> Destination | Obstacle:
        """Return where the recipient's mail goes, or why nowhere."""
        facts = message.session.facts if message.session else {}
        if REFUSED in facts:
            evidence = f"a mailbox's mail may not be forwarded to {recipient.address}"
            return Obstacle("external-forwarding-blocked", evidence, permanent=True)
        if is_postmaster(recipient.address) and recipient.domain in {"", self.host}:
            return self._mailbox("postmaster")
        found = await self.directory.recipient(recipient.address)
        if found is not None:
            return self._here(message, recipient, found)
        domain = await self.directory.domain(recipient.domain)
        if domain is not None and domain.kind is DomainKind.AUTHORITATIVE:
            if is_postmaster(recipient.address):
                return self._mailbox("postmaster")
            # Whom an entry of ours leads to is gone; an address that was written here never was.
            cause = "no-such-mailbox" if OPENED in facts else "recipient-not-found"
            evidence = f"{recipient.address} is not in the directory"
            return Obstacle(cause, evidence, permanent=True)
        return await self._elsewhere(message, recipient, ours=domain is not None)

    def _here(
        self, message: QueuedMessage, recipient: LeasedRecipient, found: Found
    ) -> Destination | Obstacle:
        entry = found.entry
        if isinstance(entry, Group | Alias):
            evidence = f"{entry.address} has no members, or more than may be opened"
            return Obstacle("group-expansion-failed", evidence, permanent=True)
        if not isinstance(entry, Mailbox | PublicFolder):
            evidence = f"{recipient.address} leads back to {entry.address}"
            return Obstacle("routing-loop", evidence, permanent=True)
        if isinstance(entry, Mailbox) and (entry.disabled or entry.moved_to):
            cause = "mailbox-moved" if entry.moved_to else "mailbox-disabled"
            return Obstacle(cause, f"{entry.address} is closed", permanent=True)
        if entry.message_size is not None and message.size > entry.message_size:
            evidence = f"{message.size} octets; {entry.address} takes {entry.message_size}"
            limit = int(entry.message_size)
            return Obstacle("message-too-large", evidence, permanent=True, limit=limit)
        if isinstance(entry, Mailbox) and entry.lmtp is not None:
            return Lmtp(entry.lmtp.host, entry.lmtp.port)
        return self._mailbox(entry.address.key, entry.quota)

    def _mailbox(self, name: str, quota: int | None = None) -> Destination:
        if self.lmtp is not None:
            return Lmtp(self.lmtp.host, self.lmtp.port)
        return Maildir(self.mailboxes / folder_of(name), None if quota is None else int(quota))

    async def _elsewhere(
        self, message: QueuedMessage, recipient: LeasedRecipient, *, ours: bool
    ) -> Destination:
        """Return the way out: of our own domains their owner's connectors, else the sender's."""
        asks = recipient.domain if ours else domain_of(message.sender)
        organisation = await self.directory.organisation_of(asks) if asks else None
        if organisation is not None:
            connector = await self.directory.connector_for(
                recipient.domain, organisation=organisation.name
            )
            if connector is not None and connector.hosts:
                return _host_of(connector)
        return self.smarthost or MailExchangers(recipient.domain)


def folder_of(address: str) -> str:
    """Return the name of a mailbox's folder: its address, without what would lead elsewhere."""
    return key_of(address).replace("%", "%25").replace("/", "%2F") if "@" in address else address


def _host_of(connector: OutboundConnector) -> Smarthost:
    login = Login(connector.account, connector.password) if connector.password else None
    first, *others = (Smarthost(each.host, each.port, login=login) for each in connector.hosts)
    return replace(first, others=tuple(others))
