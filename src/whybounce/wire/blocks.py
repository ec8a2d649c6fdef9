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


class RemovalEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request for removal from the block list."""

    schema: Schema
    id: Annotated[str, Meta(description="Its id, by which it is decided.")]
    subject: Annotated[str, Meta(description="The address or network that is listed.")]
    cause: Annotated[str, Meta(description="What it is listed as: the id of a cause.")]
    address: Annotated[str, Meta(description="Who asks, by their e-mail address.")]
    asked: Annotated[Time, Meta(description="When it was asked, in UTC.")]
    stage: Annotated[
        str,
        Meta(
            description="`asked`, and a mail was sent; `confirmed` by it, and to be decided; `removed`; `refused`; `over`, as the mail was not used in time."
        ),
    ]
    changed: Annotated[Time, Meta(description="Since when it stands like that.")]
    why: Annotated[str | None, Meta(description="What was said about it, where it was decided.")]
    is_listed: Annotated[bool, Meta(description="Whether it is on the list now.")]
