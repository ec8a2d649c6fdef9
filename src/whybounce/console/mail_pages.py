"""Messages: found, shown and acted on; what waits, and what failed."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.console import failures as counting
from whybounce.console.interface import Status
from whybounce.console.sessions import Session
from whybounce.console.showing import LONGEST, answered, console_of, console_page, session_of
from whybounce.gateway.operating.requests import (
    Act,
    Changes,
    Do,
    Listing,
    Lives,
    Selection,
    Show,
    Trace,
)
from whybounce.gateway.store.rows import State
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.web.problems import ProblemError

router = APIRouter()

_MOST_DAYS = 90
_ENDS_IT = {Act.BOUNCE, Act.DELETE}  # Not to be undone, so asked about twice.
_UNFINISHED = (State.QUEUED, State.HELD, State.QUARANTINED)
Text = Annotated[str, Query(max_length=1_000)]
AnyStatus = Annotated[Status | Literal[""], Query()]
Days = Annotated[int, Query(ge=1, le=_MOST_DAYS)]


@router.get("/messages")
async def messages(
    request: Request, q: Text = "", days: Days = 7, status: AnyStatus = ""
) -> Response:
    """Show where the messages stand that are wanted, or else the latest."""
    session = await session_of(request)
    found = await _traced(request, q, days, status)
    return console_page(
        request, session, "messages.html", at="/messages", q=q, days=days, found=found,
        query=urlencode({"q": q, "days": days, "status": status}), causes=catalogue().causes,
        status=status, statuses=list(Status),
    )  # fmt: skip


@router.get("/messages.csv")
async def messages_csv(
    request: Request, q: Text = "", days: Days = 7, status: AnyStatus = ""
) -> Response:
    """Give what was found as a table: a row for each recipient."""
    await session_of(request)
    found = await _traced(request, q, days, status)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    for traced in found.found:
        if traced.message is not None:
            writer.writerows(map(_harmless, _rows(traced.message)))
    headers = {"Content-Disposition": 'attachment; filename="messages.csv"'}
    return Response(table.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/messages/{id_}")
async def message(request: Request, id_: str) -> Response:
    """Show the whole life of one message, and what can be done with it."""
    session = await session_of(request)
    return await _message_page(request, session, id_, session.taken(request.url.path))


@router.post("/messages/{id_}")
async def act(request: Request, id_: str) -> Response:
    """Do something with a message; what cannot be undone is asked about first."""
    session, given = await console_of(request).gate.form(request)
    wanted = _act(given.get("act", ""))
    why = given.get("why", "").strip()[:300]
    if wanted in _ENDS_IT and given.get("sure") != "yes":
        traced = await _life(request, id_)
        return console_page(
            request, session, "sure.html", at="/messages", message=traced.message, act=wanted,
            why=why,
        )  # fmt: skip
    answer = await answered(request, Do(act=wanted, which=Selection(ids=(id_,)), why=why), session)
    changes = answer.changes if isinstance(answer, Changes) else ()
    fault = next((change.fault for change in changes if change.fault is not None), None)
    if fault is None and not any(change.changed for change in changes):
        fault = "No recipient of it waits to be treated like that"
    if fault is not None:
        problem = ProblemError("not-done", {"why": f"{fault}."})
        return await _message_page(request, session, id_, given, problem)
    return RedirectResponse(f"/messages/{id_}", 303)


async def _message_page(
    request: Request,
    session: Session,
    id_: str,
    given: Mapping[str, str],
    problem: ProblemError | None = None,
) -> Response:
    traced = await _life(request, id_)
    return console_page(
        request, session, "message.html", at="/messages", message=traced.message,
        happenings=traced.happenings, causes=catalogue().causes, given=given, problem=problem,
        is_open=any(each.state in _UNFINISHED for each in traced.message.recipients),
    )  # fmt: skip


@router.get("/queue")
async def queue(
    request: Request,
    state: Annotated[State | None, Query()] = None,
    domain: Annotated[str, Query(max_length=255)] = "",
    sender: Annotated[str, Query(max_length=LONGEST)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show what waits, oldest first."""
    session = await session_of(request)
    which = Selection(
        state=state, domain=domain.strip() or None, sender=sender.strip() or None
    )  # fmt: skip
    listing = await answered(request, Show(which=which, after=after or None), session)
    assert isinstance(listing, Listing)  # noqa: S101  # what Show is answered with
    now = datetime.now(UTC)
    figures = await console_of(request).store.figures(now=now)
    chosen: dict[str, Any] = {"state": state or "", "domain": domain, "sender": sender}
    more = urlencode(
        {key: each for key, each in chosen.items() if each} | {"after": listing.after or ""}
    )
    return console_page(
        request, session, "queue.html", at="/queue", listing=listing, figures=figures, more=more,
        causes=catalogue().causes, states=_UNFINISHED, **chosen,
    )  # fmt: skip


@router.get("/failures")
async def failures(
    request: Request,
    days: Annotated[int, Query(ge=1, le=counting.MOST_DAYS)] = 7,
    cause: Annotated[str, Query(max_length=100)] = "",
    owner: Annotated[FixItOwner | None, Query()] = None,
    day: Annotated[date | None, Query()] = None,
) -> Response:
    """Show what failed: how much for which cause, or the messages behind one bar."""
    session = await session_of(request)
    store, now = console_of(request).store, datetime.now(UTC)
    if cause or owner or day is not None:
        far = days if day is None else counting.MOST_DAYS
        rows = await store.ask(
            lambda c: counting.failed(c, now=now, days=far, cause=cause, owner=owner, day=day)
        )
        known = catalogue().causes.get(cause)
        return console_page(
            request, session, "failed.html", at="/failures", rows=rows, day=day, cause=cause, owner=owner, days=days,
            title=known.words.title if known else "", causes=catalogue().causes,
        )  # fmt: skip
    counted = await store.ask(lambda c: counting.failures(c, now=now, days=days))
    return console_page(
        request, session, "failures.html", at="/failures", counted=counted, days=days
    )


_COLUMNS = (
    "id", "arrived", "sender", "message_id", "subject", "recipient", "state", "ending", "cause",
    "owner", "said", "remote", "tries", "due",
)  # fmt: skip


def _rows(message: Any) -> list[tuple[Any, ...]]:
    return [
        (
            message.id, message.arrived, message.sender, message.message_id, message.subject,
            each.address, each.state, each.ending, each.cause, each.owner, each.said, each.remote,
            each.tries, each.due,
        )
        for each in message.recipients
    ]  # fmt: skip


def _harmless(row: tuple[Any, ...]) -> list[str]:
    """Return the cells; one that a spreadsheet would take for a formula has an apostrophe in front."""
    cells = ["" if cell is None else str(cell) for cell in row]
    return [f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell for cell in cells]


async def _traced(request: Request, wanted: str, days: int, status: str = "") -> Lives:
    since = datetime.now(UTC) - timedelta(days=days)
    trace = Trace(
        wanted=wanted.strip()[:1_000] or None, since=since, most=50, status=status or None
    )
    answer = await answered(request, trace, None)
    assert isinstance(answer, Lives)  # noqa: S101  # what Trace is answered with
    return answer


async def _life(request: Request, id_: str) -> Any:
    """Return one message's life.

    Raises:
        ProblemError: There is none of that id.

    """
    found = (await _traced(request, id_[:100], _MOST_DAYS)).found
    if not found or found[0].message is None or found[0].message.id != id_:
        raise ProblemError("not-found", {"path": request.url.path[:200]})
    return found[0]


def _act(written: str) -> Act:
    try:
        return Act(written)
    except ValueError:
        raise ProblemError("parameter", {"what": f"{written[:40]!r} is nothing to do."}) from None
