"""The shape of a rehearsal: what ``check --dry-run --json`` prints, what a running gateway answers."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from whybounce.vocabulary.cause import CheckName
from whybounce.wire.shapes import Schema

Saying = Literal["pass", "refuse", "defer", "log", "not-asked", "unknown"]


class _Shape(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class PolicySaying(_Shape, frozen=True):
    """What one policy says."""

    stage: Annotated[
        Literal["mail", "rcpt", "message"],
        Meta(description="When it is asked: at MAIL, at RCPT, or at the end of the message."),
    ]
    policy: Annotated[str, Meta(description="Its name, as in the configuration.")]
    says: Annotated[
        Saying,
        Meta(
            description="`log`: it would only write down that it is against it. `not-asked`: a postmaster is not asked about. `unknown`: it depends on the message."
        ),
    ]
    decides: Annotated[
        bool, Meta(description="Whether it is the first against it, so that nobody after is asked.")
    ]
    cause: Annotated[str | None, Meta(description="The cause that it raises.")]
    reply: Annotated[str | None, Meta(description="What the client would be told.")]
    evidence: Annotated[str | None, Meta(description="What decided, for administrators.")]
    note: Annotated[str | None, Meta(description="On what it depends, too.")]


class RecipientSaying(_Shape, frozen=True):
    """What the recipient's own mail server says, where it was asked."""

    check: Annotated[CheckName, Meta(description="The question: `recipient-accepted`.")]
    answer: Annotated[
        Literal["holds", "fails", "unknown"],
        Meta(description="`holds`: it takes the address at present. `fails`: it does not."),
    ]
    result: Annotated[str, Meta(description="Which of the question's results it is.")]
    evidence: Annotated[str, Meta(description="What it said.")]
    parameters: Annotated[
        dict[str, str], Meta(description="What was filled into the words, by placeholder.")
    ]


class Rehearsal(_Shape, frozen=True):
    """What the gateway would say to a message: `whybounce check --dry-run --json`."""

    schema: Schema
    would: Annotated[
        Literal["accept", "refuse", "defer"],
        Meta(description="What would become of it, as far as that is known without the message."),
    ]
    listener: Annotated[str, Meta(description="By which listener it would come in.")]
    sender: Annotated[str, Meta(description="The return path; empty: the null one.")]
    recipient: Annotated[str, Meta(description="Whom it is to.")]
    ip: Annotated[str, Meta(description="The client's address.")]
    taken_for: Annotated[
        str,
        Meta(
            description="Whom the gateway takes the sender for: `stranger`, `account`, `connector`."
        ),
    ]
    taken_name: Annotated[str | None, Meta(description="The account's or the connector's name.")]
    organisation: Annotated[str | None, Meta(description="Whose people or servers send.")]
    leads_to: Annotated[
        str | None,
        Meta(
            description="What the recipient is here: `mailbox`, `group` …; null: not of here, or nobody."
        ),
    ]
    is_ours: Annotated[
        bool, Meta(description="Whether the recipient's domain is one of this system.")
    ]
    cause: Annotated[str | None, Meta(description="Why it would not be taken.")]
    policy: Annotated[str | None, Meta(description="Which policy decides so.")]
    reply: Annotated[str | None, Meta(description="What the client would be told.")]
    sayings: Annotated[list[PolicySaying], Meta(description="Of every policy, in their order.")]
    unknown: Annotated[
        list[str], Meta(description="What was taken for granted because nobody could know it.")
    ]
    probe: Annotated[
        RecipientSaying | None,
        Meta(description="What the recipient's own server says; null where it was not asked."),
    ]
