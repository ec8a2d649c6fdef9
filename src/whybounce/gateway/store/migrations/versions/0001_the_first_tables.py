"""The first tables.

``tables`` says what each is for.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
_BUCKET = 1 << 40


def _big(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _BIG, nullable=null, autoincrement=False)


def _int(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=null, autoincrement=False)


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _octets(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _foreign(table: str, columns: list[str], target: list[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(columns, target, name=op.f(f"fk_{table}_{columns[0]}"))


def _index(
    name: str, table: str, columns: list[str], *, where: str | None = None, unique: bool = False
) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        table,
        [column if column.isidentifier() else sa.text(column) for column in columns],
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        "bodies",
        _big("id"),
        _big("size"),
        _big("checksum"),
        _int("users"),
        _text("file", null=True),
        _octets("data", null=True),
        _primary("bodies", "id"),
        _check("bodies", "users", "users >= 0"),
        _check("bodies", "one_place", "file IS NULL OR data IS NULL"),
        sqlite_strict=True,
    )
    op.create_table(
        "chunks",
        _big("body"),
        _int("number"),
        _octets("data"),
        _primary("chunks", "body", "number"),
        _foreign("chunks", ["body"], ["bodies.id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "messages",
        _big("id"),
        _big("arrived"),
        _big("expires"),
        _text("sender"),
        _text("ret", null=True),
        _text("envid", null=True),
        _text("body_type"),
        _int("smtputf8"),
        _big("size"),
        _text("message_id", null=True),
        _text("subject", null=True),
        _text("session", null=True),
        _big("about", null=True),
        _big("body", null=True),
        _int("unfinished"),
        _big("finished", null=True),
        _primary("messages", "id"),
        _foreign("messages", ["body"], ["bodies.id"]),
        _check("messages", "unfinished", "unfinished >= 0"),
        _check("messages", "finished", "(finished IS NULL) = (unfinished > 0)"),
        _check("messages", "body_while_needed", "(finished IS NULL) = (body IS NOT NULL)"),
        sqlite_strict=True,
    )
    op.create_table(
        "recipients",
        _big("message"),
        _int("number"),
        _text("address"),
        _text("domain"),
        _text("orcpt", null=True),
        _text("notify", null=True),
        _text("state"),
        _big("due", null=True),
        _big("lease", null=True),
        _text("node", null=True),
        _int("tries"),
        _big("delay_told", null=True),
        _primary("recipients", "message", "number"),
        _foreign("recipients", ["message"], ["messages.id"]),
        _check("recipients", "state", "state IN ('queued', 'held', 'quarantined', 'done')"),
        _check("recipients", "due_while_queued", "(due IS NOT NULL) = (state = 'queued')"),
        _check("recipients", "leased_while_queued", "lease IS NULL OR state = 'queued'"),
        _check("recipients", "lease_has_node", "(lease IS NULL) = (node IS NULL)"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outcomes",
        _big("message"),
        _int("number"),
        _big("time"),
        _text("terminal"),
        _text("cause", null=True),
        _text("status", null=True),
        _text("reply", null=True),
        _text("remote", null=True),
        _text("told", null=True),
        _big("report", null=True),
        _primary("outcomes", "message", "number"),
        _foreign("outcomes", ["message", "number"], ["recipients.message", "recipients.number"]),
        _check(
            "outcomes",
            "terminal",
            "terminal IN ('delivered', 'relayed', 'expanded', 'failed', 'expired', 'deleted')",
        ),
        _check("outcomes", "told", "told IN ('reported', 'withheld', 'suppressed')"),
        _check(
            "outcomes",
            "failures_are_told",
            "told IS NOT NULL OR terminal NOT IN ('failed', 'expired')",
        ),
        _check(
            "outcomes",
            "reported_by_message",
            "(report IS NOT NULL) = (coalesce(told, '') = 'reported')",
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempts",
        _big("message"),
        _int("number"),
        _big("id"),
        _big("time"),
        _text("node"),
        _text("remote", null=True),
        _text("address", null=True),
        _text("tls", null=True),
        _text("command", null=True),
        _int("code", null=True),
        _text("status", null=True),
        _text("reply", null=True),
        _text("error", null=True),
        _primary("attempts", "message", "number", "id"),
        _foreign("attempts", ["message", "number"], ["recipients.message", "recipients.number"]),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        _big("id"),
        _big("time"),
        _text("kind"),
        _text("actor"),
        _text("text"),
        _big("message", null=True),
        _int("number", null=True),
        _text("address", null=True),
        _primary("events", "id"),
        _foreign("events", ["message"], ["messages.id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "counters",
        _text("key"),
        _big("minute"),
        _big("count"),
        _primary("counters", "key", "minute"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blocks",
        _big("id"),
        _text("kind"),
        _text("subject"),
        _text("cause"),
        _text("reason"),
        _big("added"),
        _text("added_by"),
        _big("until", null=True),
        _big("lifted", null=True),
        _text("lifted_by", null=True),
        _primary("blocks", "id"),
        _check("blocks", "lifted_by", "(lifted IS NULL) = (lifted_by IS NULL)"),
        sqlite_strict=True,
    )
    op.create_table(
        "tokens",
        _text("name"),
        _text("holder"),
        _big("until"),
        _big("number"),
        _primary("tokens", "name"),
        sqlite_strict=True,
    )
    _index("uq_bodies_file", "bodies", ["file"], where="file IS NOT NULL", unique=True)
    _index("ix_messages_body", "messages", ["body", "id", "size"], where="body IS NOT NULL")
    _index("ix_messages_sender", "messages", [f"(id / {_BUCKET})", "lower(sender)"])
    _index("ix_messages_message_id", "messages", [f"(id / {_BUCKET})", "message_id"])
    _index("ix_recipients_due", "recipients", ["due"], where="due IS NOT NULL")
    _index("ix_recipients_state", "recipients", ["state"], where="due IS NULL AND state != 'done'")
    _index("ix_recipients_address", "recipients", [f"(message / {_BUCKET})", "lower(address)"])
    _index("ix_events_message", "events", ["message"], where="message IS NOT NULL")
    _index(
        "ix_events_address",
        "events",
        [f"(id / {_BUCKET})", "lower(address)"],
        where="address IS NOT NULL",
    )
    _index(
        "uq_blocks_in_force",
        "blocks",
        ["kind", "subject", "cause"],
        where="lifted IS NULL",
        unique=True,
    )
