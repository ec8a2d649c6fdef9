"""The directory: organisations, domains, entries, accounts and connectors."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _int(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, autoincrement=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _of_an_organisation(table: str, key: tuple[str, ...], *more: Any) -> None:
    op.create_table(
        table,
        *more,
        _primary(table, *key),
        _foreign(table, "organisation", "directory_organisations.name"),
        sqlite_strict=True,
    )


def upgrade() -> None:
    """Make the tables; the first start loads them."""
    op.create_table(
        "directory_organisations",
        _text("name"),
        _text("settings"),
        _primary("directory_organisations", "name"),
        sqlite_strict=True,
    )
    _of_an_organisation(
        "directory_domains", ("name",), _text("name"), _text("organisation"), _text("settings")
    )
    _of_an_organisation(
        "directory_entries",
        ("key",),
        _text("key"),
        _text("organisation"),
        _int("expands"),
        _text("entry"),
        _check("directory_entries", "expands", "expands IN (0, 1)"),
    )
    op.create_table(
        "directory_addresses",
        _text("key"),
        _text("entry"),
        _primary("directory_addresses", "key"),
        _foreign("directory_addresses", "entry", "directory_entries.key"),
        sqlite_strict=True,
    )
    op.create_table(
        "directory_members",
        _text("parent"),
        _int("number"),
        _text("key"),
        _text("address"),
        _primary("directory_members", "parent", "number"),
        _foreign("directory_members", "parent", "directory_entries.key"),
        sqlite_strict=True,
    )
    op.create_index("ix_directory_members_key", "directory_members", ["key"])
    _of_an_organisation(
        "directory_accounts", ("name",), _text("name"), _text("organisation"), _text("account")
    )
    _of_an_organisation(
        "directory_inbound_connectors",
        ("organisation", "name"),
        _text("organisation"),
        _text("name"),
        _text("connector"),
    )
    _of_an_organisation(
        "directory_outbound_connectors",
        ("organisation", "pattern"),
        _text("organisation"),
        _text("pattern"),
        _text("connector"),
    )
    op.create_table(
        "directory_state",
        _int("id"),
        _text("digest"),
        sa.Column("loaded", _BIG, nullable=True),
        _primary("directory_state", "id"),
        _check("directory_state", "one_row", "id = 1"),
        sqlite_strict=True,
    )
