"""The shape of a block: what ``--json`` prints, what HTTP gives, what a running gateway answers."""

from typing import Annotated

from msgspec import Meta, Struct

from whybounce.wire.shapes import Schema, Time


class BlockEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A restriction of `whybounce blocks --json`: one line for each."""

    schema: Schema
    id: Annotated[str, Meta(description="Its id, by which it is lifted.")]
    kind: Annotated[
        str,
        Meta(description="Whom it names: `ip`, `sender`, `account`, `organisation`, `recipient`."),
    ]
    subject: Annotated[
        str, Meta(description="An address, a network, a domain as `@example.org`, or a name.")
    ]
    cause: Annotated[str, Meta(description="What it has raised: the id of a cause.")]
    reason: Annotated[
        str,
        Meta(description="Why; a word and a colon at its beginning choose among a cause's codes."),
    ]
    added: Annotated[Time, Meta(description="Since when, in UTC.")]
    added_by: Annotated[str, Meta(description="Who put it in force: a person, or a policy.")]
    until: Annotated[Time, Meta(description="When it ends by itself; null: never.")]
    lifted: Annotated[Time, Meta(description="When it was lifted; null: it is in force.")]
    lifted_by: Annotated[str | None, Meta(description='Who lifted it, or "time" where it ran out.')]
