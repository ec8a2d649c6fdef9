"""Tokens of programs, the calls that tell others what happened, requests for removal; an index of failures."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _BIG, nullable=nullable, autoincrement=False)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    """Make the tables, empty."""
    op.create_table(
        "api_tokens",
        _number("id"),
        _text("name"),
        _text("digest"),
        _text("scope"),
        _number("made"),
        _text("made_by"),
        _number("until"),
        _number("revoked", nullable=True),
        _text("revoked_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        _check("api_tokens", "scope", "scope IN ('read', 'change')"),
        _check("api_tokens", "revoked_by", "(revoked IS NULL) = (revoked_by IS NULL)"),
        sqlite_strict=True,
    )
    op.create_index("uq_api_tokens_digest", "api_tokens", ["digest"], unique=True)
    op.create_table(
        "calls",
        _number("id"),
        _text("webhook"),
        _text("body"),
        _number("made"),
        _number("due"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _text("fault", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sqlite_strict=True,
    )
    op.create_index("ix_calls_due", "calls", ["webhook", "due"])
    failed = sa.text("terminal IN ('failed', 'expired')")
    op.create_index(
        "ix_outcomes_not_reached",
        "outcomes",
        ["message", "time", "cause"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
    op.create_table(
        "removals",
        _number("id"),
        _text("digest"),
        _number("block"),
        _text("subject"),
        _text("cause"),
        _text("address"),
        _number("asked"),
        _text("stage"),
        _number("changed"),
        _text("why", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removals")),
        _check("removals", "stage", "stage IN ('asked', 'confirmed', 'removed', 'refused')"),
        sqlite_strict=True,
    )
    op.create_index("uq_removals_digest", "removals", ["digest"], unique=True)
