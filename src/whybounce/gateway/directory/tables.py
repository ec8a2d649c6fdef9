"""The directory's tables, beside the queue's in the same database.

A file is loaded into them as a whole; nothing else writes here. Keys are addresses and domains in
the one spelling that all their spellings share.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
)

from whybounce.gateway.directory.nouns import (
    Account,
    Domain,
    Entry,
    InboundConnector,
    Organisation,
    OutboundConnector,
    as_json,
    json_decoder,
)
from whybounce.gateway.store.columns import Int, Moment
from whybounce.gateway.store.tables import METADATA


class Noun(TypeDecorator[Any]):
    """A noun as JSON. It was checked before it came here, so nothing is parsed again."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        """Write it."""
        del dialect
        return lambda noun: as_json(noun).decode()

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any]:
        """Read it."""
        del dialect, coltype
        decoder = json_decoder(self.kind)
        return lambda value: None if value is None else decoder.decode(value)


organisations = Table(
    "directory_organisations",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("settings", Noun(Organisation), nullable=False),
    sqlite_strict=True,
)

domains = Table(
    "directory_domains",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("organisation", Text, ForeignKey("directory_organisations.name"), nullable=False),
    Column("settings", Noun(Domain), nullable=False),
    sqlite_strict=True,
)

entries = Table(
    "directory_entries",
    METADATA,
    Column("key", Text, primary_key=True),  # Of its first address.
    Column("organisation", Text, ForeignKey("directory_organisations.name"), nullable=False),
    Column("expands", Int, nullable=False),  # 1: its mail goes to what directory_members has.
    Column("entry", Noun(Entry), nullable=False),  # Without members, which may be many.
    CheckConstraint("expands IN (0, 1)", name="expands"),
    sqlite_strict=True,
)

addresses = Table(
    "directory_addresses",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("entry", Text, ForeignKey("directory_entries.key"), nullable=False),
    sqlite_strict=True,
)

members = Table(
    "directory_members",
    METADATA,
    Column("parent", Text, ForeignKey("directory_entries.key"), nullable=False),
    Column("number", Int, nullable=False),
    Column("key", Text, nullable=False),  # Its entry's, where it has one here.
    Column("address", Text, nullable=False),  # As it was written.
    PrimaryKeyConstraint("parent", "number"),
    sqlite_strict=True,
)
Index("ix_directory_members_key", members.c.key)

accounts = Table(
    "directory_accounts",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("organisation", Text, ForeignKey("directory_organisations.name"), nullable=False),
    Column("account", Noun(Account), nullable=False),
    sqlite_strict=True,
)

inbound_connectors = Table(
    "directory_inbound_connectors",
    METADATA,
    Column("organisation", Text, ForeignKey("directory_organisations.name"), nullable=False),
    Column("name", Text, nullable=False),
    Column("connector", Noun(InboundConnector), nullable=False),
    PrimaryKeyConstraint("organisation", "name"),
    sqlite_strict=True,
)

outbound_connectors = Table(
    "directory_outbound_connectors",
    METADATA,
    Column("organisation", Text, ForeignKey("directory_organisations.name"), nullable=False),
    Column("pattern", Text, nullable=False),
    Column("connector", Noun(OutboundConnector), nullable=False),
    PrimaryKeyConstraint("organisation", "pattern"),
    sqlite_strict=True,
)

state = Table(
    "directory_state",
    METADATA,
    Column("id", Int, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),  # Of what was loaded last; empty before.
    Column("loaded", Moment),
    CheckConstraint("id = 1", name="one_row"),
    sqlite_strict=True,
)

# Those that others point at come first.
LOADED = (
    organisations,
    domains,
    entries,
    addresses,
    members,
    accounts,
    inbound_connectors,
    outbound_connectors,
)
