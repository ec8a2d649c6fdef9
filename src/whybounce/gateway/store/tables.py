"""The tables, written once for every database.

What must hold stands here and not in the code that writes: a recipient has one terminal outcome
(the primary key of ``outcomes``), a failed one says what became of its report, only a queued one
is due or leased. ``migrations`` makes the same tables step by step; a test holds the two equal.

A leased recipient is one that is due when the lease ends: so leases that ran out need no search.
"""

from typing import Any, TypeAlias

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    func,
    literal_column,
    type_coerce,
)

from whybounce.gateway.store.columns import (
    BigInt,
    Id,
    Int,
    Json,
    Moment,
    Notifies,
    Octets,
    Said,
    Word,
)
from whybounce.gateway.store.rows import Session, State, Terminal, Told
from whybounce.vocabulary.envelope import BodyType, Return

# RFC 5322 §2.1.1 bounds a line to 998 characters, and the field's name takes some.
_FIELD = 998
_REPLY = 4096  # What the rules that explain a reply see of it.
_NAME = 255

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _partial(where: ColumnElement[bool]) -> dict[str, Any]:
    """Only these rows stand in the index: the rest of the table costs it nothing."""
    return {"sqlite_where": where, "postgresql_where": where}


bodies = Table(
    "bodies",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),  # The first message's that had it.
    Column("size", BigInt, nullable=False),
    Column("checksum", BigInt, nullable=False),
    Column("users", Int, nullable=False),  # Unfinished messages.
    Column("file", Text),  # In the spool; neither file nor data: in chunks.
    Column("data", Octets),
    CheckConstraint("users >= 0", name="users"),
    CheckConstraint("file IS NULL OR data IS NULL", name="one_place"),
    sqlite_strict=True,
)

chunks = Table(
    "chunks",
    METADATA,
    Column("body", Id, ForeignKey("bodies.id"), nullable=False),
    Column("number", Int, nullable=False),
    Column("data", Octets, nullable=False),
    PrimaryKeyConstraint("body", "number"),
    sqlite_strict=True,
)

messages = Table(
    "messages",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("arrived", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("sender", Text, nullable=False),
    Column("ret", Word(Return)),
    Column("envid", Text),
    Column("body_type", Word(BodyType), nullable=False),
    Column("smtputf8", Int, nullable=False),
    Column("size", BigInt, nullable=False),
    Column("message_id", Said(_FIELD)),
    Column("subject", Said(_FIELD)),
    Column("session", Json(Session)),
    Column("about", Id),
    Column("body", Id, ForeignKey("bodies.id")),
    Column("unfinished", Int, nullable=False),  # Recipients without an end.
    Column("finished", Moment),
    CheckConstraint("unfinished >= 0", name="unfinished"),
    CheckConstraint("(finished IS NULL) = (unfinished > 0)", name="finished"),
    CheckConstraint("(finished IS NULL) = (body IS NOT NULL)", name="body_while_needed"),
    sqlite_strict=True,
)

recipients = Table(
    "recipients",
    METADATA,
    Column("message", Id, ForeignKey("messages.id"), nullable=False),
    Column("number", Int, nullable=False),
    Column("address", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("orcpt", Text),
    Column("notify", Notifies),
    Column("state", Word(State), nullable=False),
    Column("due", Moment),
    Column("lease", BigInt),
    Column("node", Said(_NAME)),
    Column("tries", Int, nullable=False),  # Rounds, however many hosts were asked in each.
    Column("delay_told", Moment),
    PrimaryKeyConstraint("message", "number"),
    CheckConstraint("state IN ('queued', 'held', 'quarantined', 'done')", name="state"),
    CheckConstraint("(due IS NOT NULL) = (state = 'queued')", name="due_while_queued"),
    CheckConstraint("lease IS NULL OR state = 'queued'", name="leased_while_queued"),
    CheckConstraint("(lease IS NULL) = (node IS NULL)", name="lease_has_node"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

outcomes = Table(
    "outcomes",
    METADATA,
    Column("message", Id, nullable=False),
    Column("number", Int, nullable=False),
    Column("time", Moment, nullable=False),
    Column("terminal", Word(Terminal), nullable=False),
    Column("cause", Text),
    Column("status", Text),
    Column("reply", Said(_REPLY)),
    Column("remote", Said(_NAME)),
    Column("told", Word(Told)),
    Column("report", Id),
    PrimaryKeyConstraint("message", "number"),
    ForeignKeyConstraint(["message", "number"], ["recipients.message", "recipients.number"]),
    CheckConstraint(
        "terminal IN ('delivered', 'relayed', 'expanded', 'failed', 'expired', 'deleted')",
        name="terminal",
    ),
    CheckConstraint("told IN ('reported', 'withheld', 'suppressed')", name="told"),
    CheckConstraint(
        "told IS NOT NULL OR terminal NOT IN ('failed', 'expired')", name="failures_are_told"
    ),
    CheckConstraint(
        "(report IS NOT NULL) = (coalesce(told, '') = 'reported')", name="reported_by_message"
    ),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    METADATA,
    Column("message", Id, nullable=False),
    Column("number", Int, nullable=False),
    Column("id", Id, nullable=False),
    Column("time", Moment, nullable=False),
    Column("node", Said(_NAME), nullable=False),
    Column("remote", Said(_NAME)),
    Column("address", Said(_NAME)),
    Column("tls", Said(_NAME)),
    Column("command", Said(_NAME)),
    Column("code", Int),
    Column("status", Said(_NAME)),
    Column("reply", Said(_REPLY)),
    Column("error", Said(_REPLY)),
    Column("policy", Said(_NAME)),
    PrimaryKeyConstraint("message", "number", "id"),
    ForeignKeyConstraint(["message", "number"], ["recipients.message", "recipients.number"]),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("time", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Said(_NAME), nullable=False),
    Column("text", Said(_REPLY), nullable=False),
    Column("message", Id, ForeignKey("messages.id")),
    Column("number", Int),
    Column("address", Said(_NAME)),
    sqlite_strict=True,
)

counters = Table(
    "counters",
    METADATA,
    Column("key", Text, nullable=False),
    Column("minute", BigInt, nullable=False),  # Since 1970.
    Column("count", BigInt, nullable=False),
    PrimaryKeyConstraint("key", "minute"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

blocks = Table(
    "blocks",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Said(_REPLY), nullable=False),
    Column("added", Moment, nullable=False),
    Column("added_by", Said(_NAME), nullable=False),
    Column("until", Moment),
    Column("lifted", Moment),
    Column("lifted_by", Said(_NAME)),
    CheckConstraint("(lifted IS NULL) = (lifted_by IS NULL)", name="lifted_by"),
    sqlite_strict=True,
)

tokens = Table(
    "tokens",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Said(_NAME), nullable=False),
    Column("until", Moment, nullable=False),
    Column("number", BigInt, nullable=False),  # Grows with each new holder.
    sqlite_strict=True,
)

calls = Table(
    "calls",
    METADATA,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("webhook", Text, nullable=False),  # Its name.
    Column("body", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("tries", Int, nullable=False),
    Column("fault", Said(_NAME)),
    sqlite_strict=True,
)

NOT_REACHED = outcomes.c.terminal.in_([literal_column("'failed'"), literal_column("'expired'")])
# With what is counted of them, so that a month's failures are read from the index alone.
Index(
    "ix_outcomes_not_reached",
    outcomes.c.message,
    outcomes.c.time,
    outcomes.c.cause,
    **_partial(NOT_REACHED),
)
Index("ix_calls_due", calls.c.webhook, calls.c.due)
Index("ix_recipients_due", recipients.c.due, **_partial(recipients.c.due.is_not(None)))
STOPPED = recipients.c.due.is_(None) & (recipients.c.state != literal_column("'done'"))
Index("ix_recipients_state", recipients.c.state, **_partial(STOPPED))
Index("uq_bodies_file", bodies.c.file, unique=True, **_partial(bodies.c.file.is_not(None)))
# In the order of a listing, with what the figures add up.
Index(
    "ix_messages_body",
    messages.c.body,
    messages.c.id,
    messages.c.size,
    **_partial(messages.c.body.is_not(None)),
)
Index("ix_events_message", events.c.message, **_partial(events.c.message.is_not(None)))
Index(
    "uq_blocks_in_force",
    blocks.c.kind,
    blocks.c.subject,
    blocks.c.cause,
    unique=True,
    **_partial(blocks.c.lifted.is_(None)),
)

# Addresses are found by the time of arrival first: what is written now lands in one small part of
# the index, however many rows there are. The upper bits of an id are its time. The domain comes next,
# so that one index serves who asks for an address and who asks for a domain.
BUCKET = 1 << 40  # 4 minutes 22 seconds.


def bucket_of(id_: ColumnElement[str]) -> ColumnElement[int]:
    """Return the bucket of time in which the id was given."""
    return type_coerce(id_, BigInt) // literal_column(str(BUCKET), BigInt)


def domain_in(address: ColumnElement[str]) -> ColumnElement[str]:
    """Return what follows the last @ of an address, in lower case; all of it where there is none.

    By functions that both databases have: all that is no @ is cut off at the end, and what is left then
    is taken away.
    """
    at: ColumnElement[str] = literal_column("'@'")
    nothing: ColumnElement[str] = literal_column("''")
    before = func.rtrim(address, func.replace(address, at, nothing))
    return func.lower(func.replace(address, before, nothing))


Index(
    "ix_messages_sender",
    bucket_of(messages.c.id),
    domain_in(messages.c.sender),
    func.lower(messages.c.sender),
)
Index("ix_messages_message_id", bucket_of(messages.c.id), messages.c.message_id)
Index(
    "ix_recipients_address",
    bucket_of(recipients.c.message),
    recipients.c.domain,
    func.lower(recipients.c.address),
)
Index(
    "ix_events_address",
    bucket_of(events.c.id),
    domain_in(events.c.address),
    func.lower(events.c.address),
    **_partial(events.c.address.is_not(None)),
)
