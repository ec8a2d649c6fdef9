"""The shape of what a webhook is told: one JSON object, the body of a POST."""

from typing import Annotated

from msgspec import Meta, Struct

from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.wire.shapes import Schema, Time


class _Shape(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An object whose every property is named here."""


class Complained(_Shape, frozen=True):
    """A complaint, and the message that it is about."""

    kind: Annotated[str, Meta(description="What is complained about, as RFC 5965 has it: `abuse`.")]
    reporter: Annotated[str | None, Meta(description="The system that passed it on.")]
    recipients: Annotated[
        list[str], Meta(description="Who complained, where that is said: write to them no more.")
    ]
    message_id: Annotated[str | None, Meta(description="The Message-ID of the message, if told.")]
    sender: Annotated[str | None, Meta(description="Its From field.")]
    subject: Annotated[str | None, Meta(description="Its Subject field, as people read it.")]


class Happened(_Shape, frozen=True):
    """What happened to one recipient of a message, or what a complaint says."""

    message: Annotated[str, Meta(description="The message's id in the queue.")]
    sender: Annotated[str, Meta(description="Its return path; empty: none (RFC 5321 §4.5.5).")]
    message_id: Annotated[str | None, Meta(description="Its Message-ID field, with brackets.")]
    subject: Annotated[
        str | None, Meta(description="Its Subject field, as people read it; cut where it is long.")
    ]
    recipient: Annotated[
        str | None, Meta(description="Who was not reached; null: this is a complaint.")
    ]
    cause: Annotated[str | None, Meta(description="Why, as the id of a cause of the catalogue.")]
    owner: Annotated[FixItOwner | None, Meta(description="Who must act, by the cause.")]
    status: Annotated[str | None, Meta(description="The status code, RFC 3463.")]
    reply: Annotated[str | None, Meta(description="What the server said, or what was found.")]
    remote: Annotated[str | None, Meta(description="The host that said it.")]
    report: Annotated[
        str | None, Meta(description="The id in the queue of the notice to the sender.")
    ]
    complaint: Annotated[Complained | None, Meta(description="The complaint; null: it is none.")]


class Told(_Shape, frozen=True):
    """What a webhook is told: the form of Standard Webhooks."""

    schema: Schema
    type: Annotated[
        str,
        Meta(
            description="`failed` or `expired`: a recipient was not reached, for good. `withheld`: and its sender is not told, because the return path is probably forged. `complaint`: somebody called a message spam. `test`: nothing happened."
        ),
    ]
    timestamp: Annotated[Time, Meta(description="When it happened, in UTC.")]
    data: Annotated[Happened | None, Meta(description="What happened; null with `test`.")]


class WebhookEntry(_Shape, frozen=True):
    """A webhook of `whybounce webhooks --json`: one line for each."""

    schema: Schema
    name: Annotated[str, Meta(description="Its name in the configuration.")]
    host: Annotated[str, Meta(description="The host that is called.")]
    events: Annotated[list[str], Meta(description="What it is told of.")]
    waiting: Annotated[int, Meta(description="How many calls wait for it.")]
    due: Annotated[Time, Meta(description="When the next of them is made, in UTC.")]
    fault: Annotated[
        str | None, Meta(description="Why a call was not taken; null: nothing is known of that.")
    ]
