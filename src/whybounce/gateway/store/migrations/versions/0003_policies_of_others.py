"""MTA-STS policies, and by which policy each attempt was made."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, _BIG, nullable=False)


def upgrade() -> None:
    """Make the table and the column; of attempts before it nobody knows the policy."""
    op.create_table(
        "mta_sts_policies",
        _text("domain"),
        _text("id"),
        _text("policy"),
        _moment("fetched"),
        _moment("expires"),
        _moment("used"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mta_sts_policies")),
        sqlite_strict=True,
    )
    op.add_column("attempts", sa.Column("policy", sa.Text(), nullable=True))
