"""What programs ask of the gateway, /api/v1: the same as ``trace``, ``queue`` and ``blocks``, by a token."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from msgspec import Meta, Struct
from starlette.responses import Response

from whybounce.console.asking import performed
from whybounce.console.bearers import Bearers
from whybounce.gateway.operating.requests import (
    Act,
    AddBlock,
    Answer,
    Blocks,
    Changes,
    Do,
    LiftBlock,
    ListBlocks,
    Listing,
    Lives,
    OnStore,
    Selection,
    Show,
    Trace,
)
from whybounce.gateway.store.rows import State, Terminal
from whybounce.gateway.tokens import Scope
from whybounce.web.answering import JSON
from whybounce.web.problems import ProblemError
from whybounce.web.submitted import given_json
from whybounce.wire import SCHEMA

router = APIRouter(prefix="/api/v1")

MOST_MESSAGES = 200
MOST_DAYS = 366
LONGEST_ID = 100
_USUAL_DAYS = 7

Short = Annotated[str, Query(max_length=320)]


# How a recipient stands, or how it ended.
Status = StrEnum("Status", [(each.name, each.value) for each in (*State, *Terminal)])  # type: ignore[misc]  # made of two that are known


class Order(Struct, forbid_unknown_fields=True):
    """What is to be done to messages in the queue."""

    act: Annotated[Act, Meta(description="What is to be done.")]
    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]],
        Meta(description="The ids of the messages.", min_length=1, max_length=MOST_MESSAGES),
    ]
    why: Annotated[str, Meta(description="A reason; it stands in the events.", max_length=300)] = ""


class Blocked(Struct, forbid_unknown_fields=True):
    """Whom to block."""

    kind: Annotated[
        str,
        Meta(description="Whom it names: `ip`, `sender`, `account`, `organisation`, `recipient`."),
    ]
    subject: Annotated[
        str,
        Meta(
            description="An address, a network, a domain as `@example.org`, or a name.",
            max_length=320,
        ),
    ]
    cause: Annotated[
        str, Meta(description="What they are told, by a cause's id. Else the kind's usual one.")
    ] = ""
    reason: Annotated[
        str, Meta(description="For whoever decides about lifting it.", max_length=300)
    ] = ""
    seconds: Annotated[
        Annotated[int, Meta(ge=1, le=366 * 86_400)] | None,
        Meta(description="How long it lasts. Null: until it is lifted."),
    ] = None


@router.get("/messages")
async def messages(
    request: Request,
    search: Annotated[str, Query(min_length=1, max_length=1_000)],
    since: Annotated[datetime | None, Query()] = None,
    until: Annotated[datetime | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    most: Annotated[int, Query(ge=1, le=MOST_MESSAGES)] = 50,
) -> Response:
    """Trace messages."""
    by = await _reader(request)
    now = datetime.now(UTC)
    end = min(_zoned(until) or now, now)
    begin = _zoned(since) or end - timedelta(days=_USUAL_DAYS)
    if not begin <= end <= begin + timedelta(days=MOST_DAYS):
        what = f"since: it is from 0 to {MOST_DAYS} days before until, which is not after now."
        raise ProblemError("parameter", {"what": what})
    found = await _lives(request, by, search, begin, end, status=status, most=most)
    return _json({"schema": SCHEMA, "count": len(found), "messages": found})


@router.get("/messages/{id}")
async def message(request: Request, id: str) -> Response:  # noqa: A002  # as the description has it
    """Tell the life of one message."""
    by, now = await _reader(request), datetime.now(UTC)
    begin = now - timedelta(days=MOST_DAYS)
    found = await _lives(request, by, id[:LONGEST_ID], begin, now, most=1)
    if not found or found[0].message is None or found[0].message.id != id.upper():
        raise ProblemError("no-such-message", {"id": id[:LONGEST_ID]})
    return _json(found[0])


@router.get("/queue")
async def queue(
    request: Request,
    state: Annotated[State | None, Query()] = None,
    domain: Short = "",
    sender: Short = "",
    cause: Short = "",
    after: Annotated[str, Query(max_length=LONGEST_ID)] = "",
) -> Response:
    """List what waits."""
    which = Selection(
        state=state,
        domain=domain.strip() or None,
        sender=sender.strip() or None,
        cause=cause.strip() or None,
    )
    by = await _reader(request)
    listing = await _done(request, Show(which=which, after=after or None), by, "parameter")
    assert isinstance(listing, Listing)  # noqa: S101  # what Show is answered with
    return _json(
        {
            "schema": SCHEMA,
            "messages": listing.messages,
            "damaged": listing.damaged,
            "after": listing.after,
        }
    )


@router.post("/queue")
async def act(request: Request) -> Response:
    """Do something to messages in the queue."""
    by = await _changer(request)
    order = given_json(await request.body(), Order)
    wanted = Do(act=order.act, which=Selection(ids=tuple(order.ids)), why=order.why)
    changes = await _done(request, wanted, by)
    assert isinstance(changes, Changes)  # noqa: S101  # what Do is answered with
    return _json({"schema": SCHEMA, "changes": changes.changes})


@router.get("/blocks")
async def blocks(request: Request, kind: Short = "") -> Response:
    """List who is blocked."""
    by = await _reader(request)
    found = [each for each in await _blocks(request, ListBlocks(), by) if kind in {"", each.kind}]
    return _json({"schema": SCHEMA, "count": len(found), "blocks": found})


@router.post("/blocks")
async def add_block(request: Request) -> Response:
    """Block somebody."""
    by = await _changer(request)
    given = given_json(await request.body(), Blocked)
    wanted = AddBlock(
        kind=given.kind,
        subject=given.subject,
        cause=given.cause,
        reason=given.reason,
        seconds=given.seconds,
    )
    (added,) = await _blocks(request, wanted, by)
    return _json(added, 201)


@router.delete("/blocks/{id}")
async def lift_block(
    request: Request,
    id: str,  # noqa: A002  # as the description has it
    why: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Lift a block."""
    by = await _changer(request)
    there = {each.id for each in await _blocks(request, ListBlocks(), by)}
    lifted = await _blocks(request, LiftBlock(wanted=id, why=why), by) if id in there else ()
    if not lifted:
        raise ProblemError("no-such-block", {"id": id[:LONGEST_ID]})
    return _json(lifted[0])


async def _reader(request: Request) -> str:
    return await _who(request, Scope.READ)


async def _changer(request: Request) -> str:
    return await _who(request, Scope.CHANGE)


async def _who(request: Request, scope: Scope) -> str:
    """Return who asks, as events name it; raises ProblemError."""
    bearers: Bearers = request.app.state.bearers
    token = await bearers.bearer(request, scope)
    return f"{token.name} (token {token.id})"


async def _lives(
    request: Request,
    by: str,
    search: str,
    begin: datetime,
    end: datetime,
    *,
    status: Status | None = None,
    most: int,
) -> tuple[Any, ...]:
    trace = Trace(wanted=search.strip(), since=begin, until=end, status=status, most=most)
    answer = await _done(request, trace, by)
    assert isinstance(answer, Lives)  # noqa: S101  # what Trace is answered with
    return answer.found


async def _blocks(request: Request, wanted: OnStore, by: str) -> tuple[Any, ...]:
    answer = await _done(request, wanted, by)
    assert isinstance(answer, Blocks)  # noqa: S101  # what is asked about blocks is answered with
    return answer.blocks


async def _done(request: Request, wanted: OnStore, by: str, refused: str = "not-done") -> Answer:
    """Return what came of it; raises ProblemError, by that key, where it was refused."""
    return await performed(request.app.state.operator, wanted, by, refused)


def _zoned(moment: datetime | None) -> datetime | None:
    """Return the moment in UTC, which one without a zone is taken for."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ProblemError("parameter", {"what": "since, until: this is not a time."}) from None


def _json(told: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(told), status, media_type=JSON)
