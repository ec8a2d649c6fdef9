"""What the running gateway asks the directory. Answers come from the tables as they are now.

Those that each message needs may come from memory, which forgets them when the tables change.
"""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol, TypeVar

from sqlalchemy import Connection, select

from whybounce.gateway.addresses import MailAddress, folded_domain, folded_login, key_of
from whybounce.gateway.directory import connectors, finding, rights
from whybounce.gateway.directory.finding import Expansion, Found
from whybounce.gateway.directory.nouns import (
    Account,
    Domain,
    Entry,
    InboundConnector,
    Mailbox,
    MailFlowRule,
    Organisation,
    OutboundConnector,
    Sending,
)
from whybounce.gateway.directory.passwords import Passwords
from whybounce.gateway.directory.rights import Rights
from whybounce.gateway.directory.tables import accounts, organisations
from whybounce.gateway.store import Store

MOST_MEMBERS = 10_000

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Login:
    """An account, and whose it is."""

    account: Account
    organisation: str


@dataclass(frozen=True, slots=True)
class Destination:
    """What the directory has about one recipient of one sender."""

    domain: Domain | None  # The accepted domain; None where it is not ours.
    organisation: Organisation | None  # Whose domain it is.
    found: Found | None  # Whom the address leads to.
    rights: Rights | None  # What that one lets the sender do.
    missing: MailAddress | None = None  # Where that one's mail would go, and nobody is.
    rules: tuple[MailFlowRule, ...] = ()  # Of both sides, about mail of this one to that one.
    stands_for: Entry | None = None  # Whom an alias leads to, where that is one.


def destination(
    connection: Connection, sender: str, address: str, of: Organisation | None = None
) -> Destination:
    """Return all that is known about a recipient, in one go.

    Args:
        connection: To the tables.
        sender: The return path; empty for the null one.
        address: The recipient.
        of: Whose people or servers send; None for strangers.

    """
    accepted = finding.domain(connection, address.rpartition("@")[2]) if "@" in address else None
    ours = _organisation(connection, accepted[1]) if accepted else None
    sides = {each.name: each for each in (of, ours) if each is not None}
    rules = rights.rules_about(connection, sides.values(), sender, address)
    if accepted is None:
        return Destination(None, None, None, None, rules=rules)
    found = finding.recipient(connection, address)
    allowed = rights.rights(connection, sender, found.entry, found.organisation) if found else None
    missing = finding.missing_target(connection, found.entry) if found else None
    end = finding.stands_for(connection, found.entry) if found else None
    return Destination(accepted[0], ours, found, allowed, missing, rules, end)


@dataclass(frozen=True, slots=True)
class Origin:
    """What the directory has about who sends."""

    login: Login | None = None
    mailbox: Mailbox | None = None  # The login's.
    owns_return_path: bool | None = None  # None: nobody is logged in, or it is the null one.
    organisation: Organisation | None = None  # Whose people or servers they are.
    connector: InboundConnector | None = None
    restricting: tuple[InboundConnector, ...] = ()
    sender_registered: bool | None = None  # Whether the sender's domain is the organisation's own.
    claims_to_be_ours: bool = False  # By the sender's domain, or by showing a certificate.


def origin_of_account(connection: Connection, account: str, sender: str) -> Origin:
    """Return all that is known about who is logged in, in one go."""
    login = _account(connection, account)
    if login is None:
        return Origin()
    found = finding.recipient(connection, account) if "@" in account else None
    return Origin(
        login,
        found.entry if found and isinstance(found.entry, Mailbox) else None,
        owns(connection, login.account, sender) if sender else None,
        _organisation(connection, login.organisation),
    )


def origin_of_client(
    connection: Connection,
    client: IPv4Address | IPv6Address,
    names: Collection[str],
    sender_domain: str,
) -> Origin:
    """Return whose servers a connection comes from, in one go."""
    found = connectors.attribution(connection, client, names, sender_domain)
    hosted = finding.domain(connection, sender_domain) if sender_domain else None
    return Origin(
        sender_registered=hosted is not None and hosted[1] == found.organisation,
        claims_to_be_ours=bool(hosted or names),
        organisation=_organisation(connection, found.organisation) if found.organisation else None,
        connector=found.connector,
        restricting=found.restricting,
    )


def owns(connection: Connection, account: Account, sender: str) -> bool:
    """Whether the account owns the address: its mailbox has it, or ``send-as`` names it."""
    # A group named here is the group's own address; its members' are not meant.
    listed = (rights.listed_key(connection, each) for each in account.send_as)
    names = {finding.entry_key(connection, account.name), *listed}
    entry = finding.entry_key(connection, sender)
    domain = f"@{folded_domain(sender.rpartition('@')[2])}"
    return not names.isdisjoint({entry or key_of(sender), domain})


class Recall(Protocol):
    """Gives the answer to a question from memory, or asks."""

    async def __call__(self, question: Hashable, ask: Callable[[Connection], Answer]) -> Answer:
        """Return it. The question must hold all that the answer depends on."""


class Directory:
    """Every method may raise ``StoreUnavailableError``: answer 4xx and try again later.

    What is asked for each message that leaves comes by way of ``recall``.
    """

    def __init__(self, store: Store, passwords: Passwords, recall: Recall | None = None) -> None:
        self._store = store
        self._passwords = passwords
        self._recall = recall or self._ask

    async def _ask(self, question: Hashable, ask: Callable[[Connection], Answer]) -> Answer:
        del question
        return await self._store.ask(ask)

    async def domain(self, name: str) -> Domain | None:
        """Return an accepted domain; None where its mail is not ours."""
        found = await self._recall(("domain", name), lambda c: finding.domain(c, name))
        return found and found[0]

    async def organisation_of(self, domain: str) -> Organisation | None:
        """Return whose domain it is; None where it is not ours."""

        def ask(connection: Connection) -> Organisation | None:
            found = finding.domain(connection, domain)
            return None if found is None else _organisation(connection, found[1])

        return await self._recall(("organisation of", domain), ask)

    async def organisation(self, name: str) -> Organisation | None:
        """Return an organisation by its name."""
        return await self._store.ask(lambda c: _organisation(c, name))

    async def recipient(self, address: str) -> Found | None:
        """Return whom the address leads to: by itself, its tag, or the domain's catch-all.

        None where its domain is not ours, or nobody there has it: ``domain`` tells which.
        """
        if await self.domain(address.rpartition("@")[2]) is None:
            return None  # Strangers' addresses are many; they are not worth remembering.
        return await self._recall(("recipient", address), lambda c: finding.recipient(c, address))

    async def members(self, group: Entry, *, most: int = MOST_MEMBERS) -> Expansion:
        """Return who is in a group or behind an alias in the end, each once."""
        key = group.address.key
        return await self._store.ask(lambda c: finding.expansion(c, key, most))

    async def account(self, name: str) -> Login | None:
        """Return an account by what is typed at the log-in."""
        return await self._store.ask(lambda c: _account(c, name))

    async def verify_password(self, name: str, password: str) -> Login | None:
        """Return the account if the password is its own and it is not disabled; else None.

        It takes as long where there is no such account. Whether it may log in by SMTP
        (``account.smtp``) has a cause of its own, and is for the caller to judge.
        """
        login = await self.account(name)
        hashed = login.account.password if login else None
        if not await self._passwords.verify(hashed, password) or login is None:
            return None
        return login if login.account.sending is not Sending.DISABLED else None

    async def connector_for(self, domain: str, *, organisation: str) -> OutboundConnector | None:
        """Return the organisation's way to the domain; None where its MX hosts take the mail."""
        return await self._recall(
            ("connector", domain, organisation),
            lambda c: connectors.outbound(c, domain, organisation),
        )


def _organisation(connection: Connection, name: str) -> Organisation | None:
    asked = select(organisations.c.settings).where(organisations.c.name == name)
    found: Organisation | None = connection.scalar(asked)
    return found


def _account(connection: Connection, name: str) -> Login | None:
    asked = select(accounts.c.account, accounts.c.organisation)
    row = connection.execute(asked.where(accounts.c.name == folded_login(name))).first()
    return None if row is None else Login(row.account, row.organisation)
