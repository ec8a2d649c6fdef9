"""The directory's file: read, and checked as a whole, so that what is loaded holds together.

A name that leads nowhere, an address that two have, a circle of groups: each is one line that names
the file, the table, the entry and what it needs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from whybounce.catalogue import catalogue
from whybounce.gateway.addresses import DomainName, MailAddress, folded_login, without_tag
from whybounce.gateway.directory import graph
from whybounce.gateway.directory.nouns import (
    Account,
    Alias,
    Correspondent,
    DirectoryTable,
    DomainKind,
    Entry,
    Group,
    Mailbox,
    OrganisationTable,
)
from whybounce.gateway.directory.overlaps import Overlaps
from whybounce.gateway.directory.passwords import hash_of_public, is_hash
from whybounce.gateway.shaping import Faults, FaultyFileError, read_toml, shaped, shown
from whybounce.gateway.values import Secret

Place = tuple[str, ...]

_FIELD_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 §2.2.


class DirectoryError(FaultyFileError):
    """The directory's file cannot be used: one line for each thing that is wrong."""


def read_directory(path: Path, *, plain_passwords: bool = False) -> DirectoryTable:
    """Return the organisations of the file.

    Args:
        path: The TOML file.
        plain_passwords: Whether passwords may stand there as they are, to be hashed now. For the
            demonstration only: a file with real people's passwords is a leak that waits to happen.

    Raises:
        DirectoryError: It cannot be read, or does not hold together.

    """
    try:
        content = read_toml(path)
    except FaultyFileError as error:
        raise DirectoryError(error.file, error.faults) from error
    faults = Faults()
    directory = shaped(content, DirectoryTable, faults)
    if directory is None:
        raise DirectoryError(str(path), faults.said)
    if plain_passwords:
        directory = _hashed(directory)
    return checked(directory, str(path))


def checked(directory: DirectoryTable, file: str) -> DirectoryTable:
    """Return the directory, which holds together.

    Raises:
        DirectoryError: It does not.

    """
    faults = Faults()
    for place, what in _Check(directory).faults():
        faults.add(place, what)
    if faults.said:
        raise DirectoryError(file, faults.said)
    return directory


def _hashed(directory: DirectoryTable) -> DirectoryTable:
    """Return the directory with hashes in place of plain passwords."""

    def hashed(account: Account) -> Account:
        known = is_hash(account.password)
        return (
            account
            if known
            else replace(account, password=Secret(hash_of_public(account.password)))
        )

    return DirectoryTable(
        organisation=tuple(
            replace(each, account=tuple(map(hashed, each.account)))
            for each in directory.organisation
        )
    )


class _Check:
    """The whole directory, with what its addresses lead to."""

    def __init__(self, directory: DirectoryTable) -> None:
        self.organisations = directory.organisation
        self.entries: dict[str, Entry] = {
            address.key: entry
            for organisation in self.organisations
            for _, entry in organisation.entries
            for address in entry.addresses
        }
        self.domains = {
            domain.name: domain
            for organisation in self.organisations
            for domain in organisation.domain
        }

    def faults(self) -> Iterator[tuple[Place, str]]:
        """Yield where something is wrong, and what."""
        yield from self.names()
        yield from self.addresses()
        for organisation in self.organisations:
            place: Place = (f"organisation {shown(organisation.name)}",)
            yield from self.domains_of(organisation, place)
            yield from self.connectors_of(organisation, place)
            yield from self.accounts_of(organisation, place)
            yield from self.correspondents(
                (*place, "blocked-recipients"), organisation.blocked_recipients
            )
            yield from self.rules_of(organisation, place)
            yield from self.language((*place, "language"), organisation.language)
            for table, entry in organisation.entries:
                yield from self.entry(
                    organisation, entry, (*place, f"{table} {shown(entry.address)}")
                )
        yield from self.circles()
        yield from Overlaps(self.organisations, self.entries).faults()

    def names(self) -> Iterator[tuple[Place, str]]:
        """Hold that names and domains stand once in the whole file."""
        names = (each.name for each in self.organisations)
        for name in _twice(names):
            yield (f"organisation {shown(name)}",), "this name stands twice; each has its own"
        domains = (domain.name for each in self.organisations for domain in each.domain)
        for name in _twice(domains):
            yield (f"domain {shown(name)}",), "stands twice; a domain is one organisation's"
        accounts = (folded_login(each.name) for org in self.organisations for each in org.account)
        for name in _twice(accounts):
            yield (f"account {shown(name)}",), "this name stands twice; each account has its own"

    def addresses(self) -> Iterator[tuple[Place, str]]:
        """Hold that an address is one entry's."""
        holders: defaultdict[str, list[str]] = defaultdict(list)
        for organisation in self.organisations:
            for table, entry in organisation.entries:
                for address in entry.addresses:
                    holders[address.key].append(f"{table} {shown(entry.address)}")
        for key, those in holders.items():
            if len(those) > 1:
                yield (those[1],), f"{shown(key)} is already the address of {those[0]}"

    def domains_of(
        self, organisation: OrganisationTable, place: Place
    ) -> Iterator[tuple[Place, str]]:
        for domain in organisation.domain:
            here = (*place, f"domain {shown(domain.name)}")
            if domain.catch_all is not None:
                yield from self.known((*here, "catch-all"), domain.catch_all, ours=True)
            if len(domain.tag_separator) > 1 or domain.tag_separator in {"@", '"', "."}:
                said = shown(domain.tag_separator)
                yield (*here, "tag-separator"), f'{said} is not allowed; allowed is one such as "+"'

    def entry(
        self, organisation: OrganisationTable, entry: Entry, place: Place
    ) -> Iterator[tuple[Place, str]]:
        for address in entry.addresses:
            if not organisation.has(address.domain):
                yield place, f"{shown(address)} is at no domain of {organisation.name}"
            elif self.domains[DomainName(address.domain)].kind is DomainKind.EXTERNAL_RELAY:
                yield (
                    place,
                    f"{shown(address)} is at an external-relay domain, where nobody is here",
                )
        lists = {
            "accept-from": entry.accept_from,
            "reject-from": entry.reject_from,
            "unmoderated": entry.unmoderated,
        }
        for key, those in lists.items():
            yield from self.correspondents((*place, key), those)
        for moderator in entry.moderators:
            yield from self.known((*place, "moderators"), moderator)
        for key, target in _targets(entry):
            yield from self.known((*place, key), target)
        if isinstance(entry, Group):
            for owner in entry.owners:
                yield from self.known((*place, "owners"), owner)
        if isinstance(entry, Alias) and not entry.to:
            yield (*place, "to"), "is empty; needed is at least one address"
        if isinstance(entry, Mailbox):
            yield from self.language((*place, "language"), entry.language)
            for key in ("recipients_per_day", "messages_per_minute", "received_per_hour"):
                if (getattr(entry, key) or 0) < 0:
                    yield (*place, key.replace("_", "-")), "is below zero; 0 is no limit"

    @staticmethod
    def language(place: Place, language: str) -> Iterator[tuple[Place, str]]:
        """Hold that there are words in it."""
        if language and language not in catalogue().frames:
            allowed = " or ".join(sorted(catalogue().frames))
            yield place, f"{shown(language)} is not allowed; allowed is {allowed}"

    def rules_of(
        self, organisation: OrganisationTable, place: Place
    ) -> Iterator[tuple[Place, str]]:
        rules = organisation.mail_flow_rule
        for name in _twice(each.name for each in rules):
            yield (*place, f"mail-flow-rule {shown(name)}"), "this name stands twice"
        for rule in rules:
            here = (*place, f"mail-flow-rule {shown(rule.name)}")
            if not (rule.senders or rule.recipients or rule.words):
                yield here, "refuses everything; needed is senders, recipients or words"
            if any(not word.strip() for word in rule.words):
                yield (*here, "words"), "one of them is empty, and stands in every field"
            if not _FIELD_NAME.fullmatch(rule.field):
                yield (*here, "field"), f"{shown(rule.field)} is no name of a header field"
            yield from self.correspondents((*here, "senders"), rule.senders)
            yield from self.correspondents((*here, "recipients"), rule.recipients)

    def accounts_of(
        self, organisation: OrganisationTable, place: Place
    ) -> Iterator[tuple[Place, str]]:
        for account in organisation.account:
            here = (*place, f"account {shown(account.name)}")
            if not account.name.strip():
                yield here, "name is empty; needed is what is typed at the log-in"
            if not is_hash(account.password):
                yield (
                    (*here, "password"),
                    "is no argon2id hash; `whybounce config password` makes one",
                )
            for sender in account.send_as:
                if not organisation.has(sender.rpartition("@")[2]):
                    yield (
                        (*here, "send-as"),
                        f"{shown(sender)} is at no domain of {organisation.name}",
                    )
            yield from self.correspondents((*here, "send-as"), account.send_as)

    def connectors_of(
        self, organisation: OrganisationTable, place: Place
    ) -> Iterator[tuple[Place, str]]:
        inbound, outbound = organisation.inbound_connector, organisation.outbound_connector
        for name in _twice(each.name for each in inbound):
            yield (*place, f"inbound-connector {shown(name)}"), "this name stands twice"
        for name in _twice(each.name for each in outbound):
            yield (*place, f"outbound-connector {shown(name)}"), "this name stands twice"
        for each in inbound:
            if not each.networks and each.certificate is None:
                yield (
                    (*place, f"inbound-connector {shown(each.name)}"),
                    "networks or certificate is needed, to know these servers by",
                )
        patterns = (pattern for each in outbound if not each.disabled for pattern in each.domains)
        for pattern in _twice(patterns):
            yield (
                (*place, "outbound-connector"),
                f"two are for {shown(pattern)}; a domain's mail goes one way",
            )
        for connector in outbound:
            here = (*place, f"outbound-connector {shown(connector.name)}")
            if not connector.domains:
                yield (*here, "domains"), 'is empty; needed is at least one, or "*"'
            if bool(connector.account) != (connector.password is not None):
                yield here, "account and password need each other"
            if any(not host.port for host in connector.hosts):
                yield (*here, "hosts"), "port 0 is not allowed; allowed is a port from 1 to 65535"

    def correspondents(
        self, place: Place, those: Iterable[Correspondent]
    ) -> Iterator[tuple[Place, str]]:
        for each in those:
            if not each.startswith("@"):
                yield from self.known(place, MailAddress(each))

    def known(
        self, place: Place, address: MailAddress, *, ours: bool = False
    ) -> Iterator[tuple[Place, str]]:
        """Hold that an address at a domain whose recipients are all here is one of them."""
        domain = self.domains.get(DomainName(address.domain))
        if domain is None or domain.kind is not DomainKind.AUTHORITATIVE:
            if ours and domain is None:
                yield place, f"{shown(address)} is at no domain of this file"
            return
        tagged = without_tag(address.key, domain.tag_separator)
        if address.key not in self.entries and not (tagged and tagged[0] in self.entries):
            yield place, f"{shown(address)} is not in this file, and all of {domain.name} is"

    def circles(self) -> Iterator[tuple[Place, str]]:
        """Hold that no group or alias contains itself: it would be expanded for ever."""
        leads = {
            entry.address.key: [
                self.entries[target.key].address.key
                for _, target in _targets(entry)
                if target.key in self.entries
            ]
            for entry in self.entries.values()
            if isinstance(entry, Group | Alias)
        }
        found = graph.circle(leads)
        if found:
            table = "group" if isinstance(self.entries[found[0]], Group) else "alias"
            yield (f"{table} {shown(found[0])}",), f"contains itself: {' → '.join(found)}"


def _targets(entry: Entry) -> Iterator[tuple[str, MailAddress]]:
    """Yield where mail to the entry goes, with the key that says so."""
    match entry:
        case Group():
            yield from (("members", member) for member in entry.members)
        case Alias():
            yield from (("to", target) for target in entry.to)
        case Mailbox():
            yield from (("forward-to", target) for target in entry.forward_to)
        case _:
            return


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
