"""What an entry lets a sender do: facts for policies to judge."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from whybounce.gateway.addresses import MailAddress, folded_domain, key_of
from whybounce.gateway.directory import finding
from whybounce.gateway.directory.nouns import (
    Correspondent,
    Entry,
    Group,
    MailFlowRule,
    Organisation,
)
from whybounce.gateway.directory.tables import organisations


@dataclass(frozen=True, slots=True)
class Rights:
    """What holds when this sender writes to this entry."""

    accepted: bool  # There is no list of who may write, or the sender is on it.
    rejected: str  # The name on the list of who may not write that is the sender's; or nothing.
    entry_needs_authentication: bool
    organisation_needs_authentication: bool
    moderators: tuple[
        MailAddress, ...
    ]  # Who must send it instead of this sender; nobody, if empty.


def rights(connection: Connection, sender: str, entry: Entry, organisation: str) -> Rights:
    """Return what holds when the sender writes to the entry.

    Args:
        connection: To the tables.
        sender: An address, empty for the null return path. Whether it is really theirs is for
            others to say.
        entry: To whom.
        organisation: Whose the entry is.

    """
    lists = entry.accept_from or entry.reject_from or entry.moderators
    names = _names(connection, sender) if lists else frozenset[str]()
    exempt: tuple[Correspondent | MailAddress, ...] = (
        *entry.unmoderated,
        *entry.moderators,
        *_owners(entry),
    )
    asks = bool(entry.moderators) and not _on(connection, exempt, names)
    settings = connection.scalar(
        select(organisations.c.settings).where(organisations.c.name == organisation)
    )
    return Rights(
        accepted=not entry.accept_from or bool(_on(connection, entry.accept_from, names)),
        rejected=_on(connection, entry.reject_from, names),
        entry_needs_authentication=entry.require_authentication,
        organisation_needs_authentication=bool(settings and settings.require_authentication),
        moderators=entry.moderators if asks else (),
    )


def rules_about(
    connection: Connection, organisations: Collection[Organisation], sender: str, recipient: str
) -> tuple[MailFlowRule, ...]:
    """Return the organisations' rules that are about mail of this sender to this recipient."""
    rules = [rule for each in organisations for rule in each.mail_flow_rule]
    if not rules:
        return ()
    senders, recipients = _names(connection, sender), _names(connection, recipient)
    return tuple(
        rule
        for rule in rules
        if (not rule.senders or _on(connection, rule.senders, senders))
        and (not rule.recipients or _on(connection, rule.recipients, recipients))
    )


def _names(connection: Connection, address: str) -> frozenset[str]:
    """Return what a list may call the address: itself, its entry, its domain. Groups come later."""
    if "@" not in address:
        return frozenset()
    own = finding.entry_key(connection, address)
    domain = f"@{folded_domain(address.rpartition('@')[2])}"
    return frozenset(filter(None, (key_of(address), own, domain)))


def _on(
    connection: Connection,
    those: Collection[Correspondent | MailAddress],
    names: frozenset[str],
) -> str:
    """Return the name on the list that is the sender's; nothing where none is."""
    if not those or not names:
        return ""
    listed = {listed_key(connection, each): each for each in those}
    found = listed.keys() & names
    if not found:
        found = listed.keys() & finding.groups_with(connection, names)
    return next((str(each) for key, each in listed.items() if key in found), "")


def listed_key(connection: Connection, listed: Correspondent | MailAddress) -> str:
    """Return the key of the entry that a list names; of what is none, its own."""
    if listed.startswith("@"):
        return listed.key
    return finding.entry_key(connection, listed) or listed.key


def _owners(entry: Entry) -> tuple[MailAddress, ...]:
    return entry.owners if isinstance(entry, Group) else ()
