"""The shape of a token: what ``--json`` prints, and what a running gateway answers."""

from typing import Annotated

from msgspec import Meta, Struct

from whybounce.wire.shapes import Schema, Time


class TokenEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A token of `whybounce tokens --json`: one line for each."""

    schema: Schema
    id: Annotated[str, Meta(description="Its id, by which it is revoked.")]
    name: Annotated[str, Meta(description="What it is for.")]
    scope: Annotated[
        str, Meta(description="What it opens: `read`, or `change`, which reads as well.")
    ]
    made: Annotated[Time, Meta(description="When it was made, in UTC.")]
    made_by: Annotated[str, Meta(description="Who made it.")]
    until: Annotated[Time, Meta(description="Until when it opens anything.")]
    revoked: Annotated[Time, Meta(description="When it was revoked; null: it was not.")]
    revoked_by: Annotated[str | None, Meta(description="Who revoked it.")]
    token: Annotated[
        str | None, Meta(description="The token itself, when it is made; never again after that.")
    ]
