"""Who an address leads to: the questions about entries, each one or two statements."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from whybounce.gateway.addresses import MailAddress, folded_domain, key_of, without_tag
from whybounce.gateway.directory.nouns import (
    Alias,
    Contact,
    Domain,
    DomainKind,
    Entry,
    Group,
    MailUser,
)
from whybounce.gateway.directory.tables import addresses, domains, entries, members
from whybounce.gateway.store.tables import AnySelect

_DEEPEST = 20  # Groups in groups in groups; nobody needs more, and each costs a question.
_AT_ONCE = 500  # Keys in one statement: SQLite takes 32,766 at most, older ones 999.


class By(StrEnum):
    """What led from the address to the entry."""

    ADDRESS = "address"
    TAG = "tag"  # The address without its sub-address, RFC 5233.
    CATCH_ALL = "catch-all"


@dataclass(frozen=True, slots=True)
class Found:
    """Whom an address leads to."""

    entry: Entry  # A group comes without its members: ``members`` asks for them.
    organisation: str
    domain: Domain
    by: By
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """Who is in a group, in the end."""

    members: tuple[MailAddress, ...]  # Each once: entries that are no groups, and outsiders.
    groups: tuple[str, ...]  # The keys of the groups and aliases that were opened, itself first.
    whole: bool  # Whether these are all: neither too many nor nested too deep.


def domain(connection: Connection, name: str) -> tuple[Domain, str] | None:
    """Return an accepted domain and its organisation's name."""
    asked = select(domains.c.settings, domains.c.organisation)
    row = connection.execute(asked.where(domains.c.name == folded_domain(name))).first()
    return None if row is None else (row.settings, row.organisation)


def recipient(connection: Connection, address: str) -> Found | None:
    """Return whom the address leads to: itself, without its tag, or by the domain's catch-all."""
    key = key_of(address)
    row = connection.execute(_by_address(key)).first()
    if row is None:
        return None
    if row.entry is not None:
        return Found(row.entry, row.organisation, row.settings, By.ADDRESS)
    for tried, by, tag in _ways(key, row.settings):
        other = connection.execute(_by_key(tried)).first()
        if other is not None:
            return Found(other.entry, other.organisation, row.settings, by, tag)
    return None


def entry_key(connection: Connection, address: str) -> str | None:
    """Return the key of the entry that the address leads to."""
    found = recipient(connection, address)
    return None if found is None or found.by is By.CATCH_ALL else found.entry.address.key


def missing_target(connection: Connection, entry: Entry) -> MailAddress | None:
    """Return where the entry's mail goes, if nobody is there; None where somebody is, or may be."""
    if not isinstance(entry, MailUser | Contact):
        return None
    accepted = domain(connection, entry.to.domain)
    if accepted is None or accepted[0].kind is not DomainKind.AUTHORITATIVE:
        return None
    return None if recipient(connection, entry.to) else entry.to


def stands_for(connection: Connection, entry: Entry) -> Entry | None:
    """Return whom an alias leads to in the end; None where it is no alias, or they may be several."""
    reached = entry
    for _ in range(_DEEPEST):
        if not isinstance(reached, Alias):
            return None if reached is entry or isinstance(reached, Group) else reached
        found = recipient(connection, reached.to[0]) if len(reached.to) == 1 else None
        if found is None:
            return None
        reached = found.entry
    return None


def expansion(connection: Connection, group: str, most: int) -> Expansion:
    """Return who is in the group with that key, at most so many."""
    opened: dict[str, None] = {group: None}
    leaves: dict[str, MailAddress] = {}
    level: Collection[str] = [group]
    for _ in range(_DEEPEST):
        deeper: dict[str, None] = {}
        for key, address, expands in _level(connection, level, most):
            if expands:
                deeper[key] = None
            else:
                leaves.setdefault(key, MailAddress(address))
            if len(leaves) > most:
                kept = tuple(leaves.values())[:most]
                return Expansion(kept, tuple(opened), whole=False)
        level = [key for key in deeper if key not in opened]
        if not level:
            return Expansion(tuple(leaves.values()), tuple(opened), whole=True)
        opened.update(dict.fromkeys(level))
    return Expansion(tuple(leaves.values()), tuple(opened), whole=False)


def groups_with(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Return the keys of the groups that one of these is in, however deep."""
    found: set[str] = set()
    level = set(keys)
    for _ in range(_DEEPEST):
        above: set[str] = set()
        for some in _batches(level):
            asked = select(members.c.parent).where(members.c.key.in_(some))
            above.update(connection.scalars(asked))
        level = above - found
        if not level:
            break
        found |= level
    return frozenset(found)


def _batches(keys: Collection[str]) -> Iterator[list[str]]:
    ordered = list(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _ways(key: str, accepted: Domain) -> Iterator[tuple[str, By, str]]:
    """Yield what else the address may lead to, the nearest first."""
    tagged = without_tag(key, accepted.tag_separator)
    if tagged is not None:
        yield tagged[0], By.TAG, tagged[1]
    if accepted.catch_all is not None:
        yield accepted.catch_all.key, By.CATCH_ALL, ""


def _by_address(key: str) -> AnySelect:
    """Ask for the accepted domain of the address, and for who has it: one question for most mail."""
    return (
        select(domains.c.settings, entries.c.entry, entries.c.organisation)
        .select_from(domains)
        .outerjoin(addresses, addresses.c.key == key)
        .outerjoin(entries, entries.c.key == addresses.c.entry)
        .where(domains.c.name == key.rpartition("@")[2])
    )


def _by_key(key: str) -> AnySelect:
    return (
        select(entries.c.entry, entries.c.organisation)
        .join(addresses, addresses.c.entry == entries.c.key)
        .where(addresses.c.key == key)
    )


def _level(
    connection: Connection, parents: Collection[str], most: int
) -> Iterator[tuple[str, str, bool]]:
    """Yield the members of these groups: key, address, and whether they are groups themselves."""
    for some in _batches(parents):
        asked = (
            select(members.c.key, members.c.address, entries.c.expands)
            .outerjoin(entries, entries.c.key == members.c.key)
            .where(members.c.parent.in_(some))
            .order_by(members.c.parent, members.c.number)
            .limit(most * 2 + 2)  # Groups among them, and those that stand in two.
        )
        for row in connection.execute(asked):
            yield row.key, row.address, bool(row.expands)
