"""The shapes of a message's life and of the queue: nouns and JSON in one.

What ``--json`` prints, what HTTP gives, and what a running gateway answers the command line.
"""

from typing import Annotated

from msgspec import Meta, Struct

from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.wire.shapes import Schema, Time


class _Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """An object whose every property is named here."""


class Happening(_Shape, frozen=True, kw_only=True):
    """One thing that happened: when, who did or said it, and what that was."""

    time: Time
    kind: Annotated[
        str,
        Meta(
            description="What it was: `accepted`, `attempt`, `deferred`, `delivered`, `relayed`, `expanded`, `failed`, `expired`, `deleted`, `report`, `refused`, `held`, `released`, `retried`, `bounced` and others; take those you do not know as told by `text`."
        ),
    ]
    who: Annotated[
        str | None, Meta(description="Who did or said it: a client, a host, a node, an operator.")
    ]
    recipient: Annotated[str | None, Meta(description="Whom it concerns; null: the whole message.")]
    text: Annotated[str, Meta(description="The same in one plain sentence.")]
    said: Annotated[str | None, Meta(description="What was said, as it was said.")]
    cause: Annotated[
        str | None, Meta(description="Why, as the id of a cause of the catalogue, where one is.")
    ]
    remote: Annotated[str | None, Meta(description="The host that was asked, by its name.")]
    address: Annotated[str | None, Meta(description="The IP address of that host or client.")]
    tls: Annotated[
        str | None, Meta(description="How the connection was encrypted; null: not, or not known.")
    ]
    command: Annotated[str | None, Meta(description="The SMTP command that was answered.")]
    due: Annotated[Time, Meta(description="When it is tried again, in UTC.")]
    report: Annotated[
        str | None, Meta(description="The id in the queue of the notice to the sender.")
    ]


class RecipientStanding(_Shape, frozen=True, kw_only=True):
    """A recipient of a message, and where it stands."""

    number: Annotated[int, Meta(description="Its place in the message, from 0.")]
    address: Annotated[str, Meta(description="The address, as it was given in RCPT TO.")]
    state: Annotated[
        str,
        Meta(
            description="`queued`; `held` by an operator; `quarantined`, because it is damaged; `done`."
        ),
    ]
    ending: Annotated[
        str | None,
        Meta(
            description="How it ended: `delivered`, `relayed`, `expanded`, `failed`, `expired`, `deleted`; null: not yet."
        ),
    ]
    cause: Annotated[str | None, Meta(description="Why it failed or waits, as the id of a cause.")]
    owner: Annotated[FixItOwner | None, Meta(description="Who must act, by the cause.")]
    said: Annotated[
        str | None,
        Meta(description="The last words about it: a server's reply, or what was found."),
    ]
    remote: Annotated[str | None, Meta(description="The host that was asked last.")]
    tries: Annotated[int, Meta(description="How many tries there have been.")]
    due: Annotated[Time, Meta(description="When it is tried next, in UTC; null: not again.")]
    told: Annotated[
        str | None,
        Meta(
            description="What became of the notice about its end: `reported`, `withheld`, `suppressed`."
        ),
    ]
    report: Annotated[
        str | None, Meta(description="The id in the queue of the notice to the sender.")
    ]


class MessageStanding(_Shape, frozen=True, kw_only=True):
    """A message in the queue, or one that has left it, with its recipients."""

    id: Annotated[str, Meta(description="Its id in the queue.")]
    sender: Annotated[str, Meta(description="The return path; empty: none (RFC 5321 §4.5.5).")]
    message_id: Annotated[str | None, Meta(description="Its Message-ID field, with brackets.")]
    subject: Annotated[
        str | None, Meta(description="Its Subject field, as people read it; cut where it is long.")
    ]
    size: Annotated[int, Meta(description="Octets of header and content.")]
    arrived: Annotated[Time, Meta(description="When it was taken, in UTC.")]
    expires: Annotated[Time, Meta(description="When it is given up, in UTC.")]
    finished: Annotated[Time, Meta(description="When its last recipient ended, in UTC.")]
    about: Annotated[
        str | None, Meta(description="The id of the message that this notice is about.")
    ]
    recipients: Annotated[
        list[RecipientStanding], Meta(description="Whom it is for, in the order of RCPT TO.")
    ]


class QueueEntry(_Shape, frozen=True, kw_only=True):
    """A message of `whybounce queue list --json`: one line for each."""

    schema: Schema
    message: Annotated[MessageStanding, Meta(description="The message and where it stands.")]


class Traced(_Shape, frozen=True, kw_only=True):
    """A line of `whybounce trace --json`: a message's life, or what happened to no message."""

    schema: Schema
    message: Annotated[
        MessageStanding | None,
        Meta(description="The message; null: the happenings belong to none, such as refusals."),
    ]
    happenings: Annotated[list[Happening], Meta(description="What happened, oldest first.")]
