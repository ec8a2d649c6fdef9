"""Addresses are indexed by their domain first, so that a search by domain need not read them all."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BUCKET = 1 << 40


def _domain_in(column: str) -> str:
    return f"lower(replace({column}, rtrim({column}, replace({column}, '@', '')), ''))"


def _again(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    op.drop_index(name, table)
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        table,
        [sa.text(each) for each in columns],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def upgrade() -> None:
    """Make the indexes anew."""
    _again(
        "ix_messages_sender",
        "messages",
        [f"(id / {_BUCKET})", _domain_in("sender"), "lower(sender)"],
    )
    _again(
        "ix_recipients_address",
        "recipients",
        [f"(message / {_BUCKET})", "domain", "lower(address)"],
    )
    _again(
        "ix_events_address",
        "events",
        [f"(id / {_BUCKET})", _domain_in("address"), "lower(address)"],
        where="address IS NOT NULL",
    )
