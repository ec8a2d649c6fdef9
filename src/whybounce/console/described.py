"""The part of the interface's description, OpenAPI 3.1, that a gateway adds: what a token opens."""

from typing import Any

import msgspec

from whybounce.console.interface import LONGEST_ID, MOST_MESSAGES, Blocked, Order, Status
from whybounce.gateway.operating.requests import Change
from whybounce.gateway.store.rows import State
from whybounce.web.openapi import (
    BAD_PARAMETER,
    MISSING,
    REFUSALS,
    Description,
    in_path,
    operation,
    problem,
    query,
    ref,
)
from whybounce.wire.blocks import BlockEntry
from whybounce.wire.lives import MessageStanding, Traced

_READS, _CHANGES = [{"token": ["read"]}], [{"token": ["change"]}]
_ID = {"type": "string", "maxLength": LONGEST_ID}
_SHORT = {"type": "string", "maxLength": 320}
_MOMENT = {"type": "string", "format": "date-time"}
_A_MESSAGE, _A_BLOCK = "1BQF4VBG00AB4", "1BQF4VBG00CD8"


def description() -> Description:
    """Return it."""
    return Description(
        says="Why was mail not delivered, who must act, and how. Nothing that is sent is kept. Look-ups need no key; what a gateway tells of its mail, and what changes something in it, needs a token.",
        paths=_paths(),
        shapes=_shapes(),
        keys={
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token that an administrator makes, in the console or with `whybounce tokens add`. It is shown once, ends by itself, and may `read`, or `change` things as well.",
            }
        },
    )


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/messages": {
            "get": operation(
                "messages", "Trace messages",
                "Each with where its recipients stand and everything that happened to it, oldest first: the lines of `trace --json`. What was refused, and so is no message, comes last, with `message` null.",
                parameters=[
                    query("search", "An address of a sender or recipient, their domain as @example.org, a Message-ID, or an id of the queue; whole.", {"type": "string", "minLength": 1, "maxLength": 1000}, example="anna@contoso.example", required=True),
                    query("since", "The earliest time. Else a week before `until`.", _MOMENT, example="2026-11-21T00:00:00Z"),
                    query("until", "The latest time. Else now.", _MOMENT, example="2026-11-22T00:00:00Z"),
                    query("status", "Only messages of which a recipient stands, or ended, like that.", {"type": "string", "enum": [each.value for each in Status]}, example="failed"),
                    query("most", "The most messages; the newest are told.", {"type": "integer", "minimum": 1, "maximum": MOST_MESSAGES}, example="50"),
                ],
                answers={"200": _told("Traces", "The messages, newest first."), **BAD_PARAMETER, **_KEPT_OUT, **_BUSY},
                security=_READS,
            )
        },
        "/api/v1/messages/{id}": {
            "get": operation(
                "message", "Tell the life of one message", "A line of `trace --json`.",
                parameters=[in_path("id", "Its id in the queue.", _A_MESSAGE)],
                answers={"200": _told("Traced", "The message."), **MISSING, **_KEPT_OUT, **_BUSY},
                security=_READS,
            )
        },
        "/api/v1/queue": {
            "get": operation(
                "queue", "List what waits",
                "The messages that have not come to their end, oldest first, of each the recipients that are meant: as `queue list --json`. All that is said must hold.",
                parameters=[
                    query("state", "Only recipients that stand like that.", {"type": "string", "enum": [each.value for each in State]}, example="queued"),
                    query("domain", "Only recipients at this domain.", _SHORT, example="example.net"),
                    query("sender", "Only messages of this sender.", _SHORT, example="anna@contoso.example"),
                    query("cause", "Only recipients that wait for this cause.", _SHORT, example="mailbox-full"),
                    query("after", "Where the last page ended, as it says.", _ID, example=f"{_A_MESSAGE}-{_A_MESSAGE}"),
                ],
                answers={"200": _told("Queue", "A page of the queue."), **BAD_PARAMETER, **_KEPT_OUT, **_BUSY},
                security=_READS,
            ),
            "post": operation(
                "act", "Do something to messages in the queue",
                "`hold` stops them until `release`; `retry` tries them at once; `bounce` returns them to their senders and `delete` forgets them, both for good. Recipients that are being tried at the moment are left alone and counted.",
                body={"required": True, "content": {"application/json": {"schema": ref("Order"), "example": {"act": "hold", "ids": [_A_MESSAGE], "why": "asked for by legal"}}}},
                answers={"200": _told("Changed", "What came of it, for each message."), **REFUSALS, **_KEPT_OUT, **_NOT_DONE},
                security=_CHANGES,
            ),
        },
        "/api/v1/blocks": {
            "get": operation(
                "blocks", "List who is blocked", "Oldest first: the lines of `blocks list --json`.",
                parameters=[query("kind", "Only blocks that name such.", _SHORT, example="ip")],
                answers={"200": _told("Blocks", "The blocks in force."), **BAD_PARAMETER, **_KEPT_OUT, **_BUSY},
                security=_READS,
            ),
            "post": operation(
                "addBlock", "Block somebody", "One who is blocked for that cause already is blocked for the new time. It leaves the event `blocked`, as `blocks add` does.",
                body={"required": True, "content": {"application/json": {"schema": ref("Blocked"), "example": {"kind": "ip", "subject": "192.0.2.9", "reason": "spam, 9 of 10", "seconds": 43200}}}},
                answers={"201": _told("BlockEntry", "The block."), **REFUSALS, **_KEPT_OUT, **_NOT_DONE},
                security=_CHANGES,
            ),
        },
        "/api/v1/blocks/{id}": {
            "delete": operation(
                "liftBlock", "Lift a block", "What led to a restriction is forgotten. It leaves the event `unblocked`, as `blocks lift` does.",
                parameters=[
                    in_path("id", "Its id.", _A_BLOCK),
                    query("why", "A reason; it stands in the event.", {"type": "string", "maxLength": 300}, example="they cleaned up"),
                ],
                answers={"200": _told("BlockEntry", "What was lifted."), **BAD_PARAMETER, **MISSING, **_KEPT_OUT, **_NOT_DONE, **_BUSY},
                security=_CHANGES,
            )
        },
    }  # fmt: skip


def _told(shape: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": ref(shape)}}}


_KEPT_OUT = {
    "401": problem("There is no token, or it is wrong or over."),
    "403": problem("The token may only read, or the connection is not encrypted."),
}
_NOT_DONE = {"409": problem("It was not done, and why; nothing was changed.")}
_BUSY = {"429": problem("The token asks for much, or too many wrong ones came from here.")}


def _shapes() -> dict[str, Any]:
    _, shapes = msgspec.json.schema_components(
        [Order, Blocked, Traced, MessageStanding, Change, BlockEntry],
        ref_template="#/components/schemas/{name}",
    )
    for shape in shapes.values():
        if "description" in shape:
            shape["description"] = " ".join(shape["description"].split())
    version = {"const": 1, "description": "The version of this shape."}
    count = {"type": "integer", "minimum": 0, "description": "How many there are."}
    return {
        **shapes,
        "Traces": _object(
            "Messages, and what happened to each.",
            schema=version,
            count=count,
            messages=_list("Traced", "The messages."),
        ),
        "Queue": _object(
            "A page of the queue.",
            schema=version,
            messages=_list("MessageStanding", "The messages, each with those recipients that are meant."),
            damaged={"type": "array", "items": {"type": "string"}, "description": "Ids of messages that cannot be read."},
            after={"type": ["string", "null"], "description": "What to ask for the next page; null: this was the last."},
        ),
        "Changed": _object(
            "What came of an act.",
            schema=version,
            changes=_list("Change", "For each message."),
        ),
        "Blocks": _object(
            "Blocks in force.",
            schema=version,
            count=count,
            blocks=_list("BlockEntry", "The blocks."),
        ),
    }  # fmt: skip


def _object(description: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": list(properties),
        "properties": properties,
    }


def _list(shape: str, description: str) -> dict[str, Any]:
    return {"type": "array", "items": ref(shape), "description": description}
