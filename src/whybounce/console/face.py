"""The console's routes. Each asks the operator, and shows what came of it; none decides anything."""

import csv
import io
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Query, Request
from msgspec import to_builtins
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.console import described, failures as counting, interface
from whybounce.console.asking import performed
from whybounce.console.bearers import Bearers
from whybounce.console.interface import Status
from whybounce.console.sessions import Session
from whybounce.console.signing_in import (
    FormAgainError,
    Gate,
    NotSignedInError,
    form_of,
    sign_in_page,
    to_sign_in,
)
from whybounce.gateway.blocks import KINDS, causes_for
from whybounce.gateway.config import Config
from whybounce.gateway.operating.performing import Operator
from whybounce.gateway.operating.requests import (
    Act,
    AddBlock,
    AddToken,
    Answer,
    Blocks,
    Changes,
    ConfirmRemoval,
    DecideRemoval,
    Do,
    LiftBlock,
    ListBlocks,
    Listing,
    ListRemovals,
    ListTokens,
    ListWebhooks,
    Lives,
    OnStore,
    Rehearse,
    Rehearsed,
    Removals,
    RequestRemoval,
    RevokeToken,
    Selection,
    Show,
    ShowRemoval,
    Tokens,
    Trace,
    TryWebhook,
    Webhooks,
)
from whybounce.gateway.policies import POLICIES
from whybounce.gateway.service import Running
from whybounce.gateway.store import Store
from whybounce.gateway.store.rows import State
from whybounce.gateway.tokens import LONGEST_LIFE
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.web import Face, Link
from whybounce.web.answering import page, refusal
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates
from whybounce.web.site import Site, speaker
from whybounce.wire.calls import WebhookEntry
from whybounce.wire.times import timestamp
from whybounce.wire.tokens import TokenEntry
from whybounce.wording.rehearsals import rehearsal_words

router = APIRouter()

HERE = "/console"
_MOST_DAYS = 90
_LONGEST = 320
_ENDS_IT = {Act.BOUNCE, Act.DELETE}  # Not to be undone, so asked about twice.
_UNFINISHED = (State.QUEUED, State.HELD, State.QUARANTINED)

Text = Annotated[str, Query(max_length=1_000)]
AnyStatus = Annotated[Status | Literal[""], Query()]
Days = Annotated[int, Query(ge=1, le=_MOST_DAYS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Console:
    """What the routes ask."""

    gate: Gate
    operator: Operator
    store: Store
    settings: Callable[[], Config]
    requests: Rates = field(default_factory=lambda: Rates(20, seconds=3_600.0))  # For removal.


def console_face() -> Face:
    """Return the console as a part of the site; ``prepared`` tells it of the gateway."""
    routes = APIRouter()
    routes.include_router(interface.router)
    routes.include_router(router)
    links = (Link("/delist", "Delist"), Link(HERE, "Console"))
    return Face(routes, links, "whybounce.console", described.description())


def prepared(app: FastAPI, gateway: Running) -> FastAPI:
    """Return the application with the gateway that the console is of."""
    app.state.operator, app.state.bearers = gateway.operator, Bearers(gateway.store)
    app.state.console = _Console(
        gate=Gate(gateway.directory),
        operator=gateway.operator,
        store=gateway.store,
        settings=gateway.settings,
    )

    async def not_signed_in(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotSignedInError)  # noqa: S101  # Starlette calls us for it alone
        return to_sign_in(request, error)

    async def again(request: Request, _: Exception) -> Response:
        return RedirectResponse(request.url.path, 303)

    app.add_exception_handler(NotSignedInError, not_signed_in)
    app.add_exception_handler(FormAgainError, again)
    return app


@router.get("/console")
async def console() -> Response:
    """Lead to where the console begins."""
    return RedirectResponse("/messages", 303)


@router.get("/login")
async def login(request: Request) -> Response:
    """Show the sign-in."""
    return sign_in_page(request)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Sign in."""
    return await _console(request).gate.sign_in(request)


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """Sign out."""
    return await _console(request).gate.sign_out(request)


@router.get("/messages")
async def messages(
    request: Request, q: Text = "", days: Days = 7, status: AnyStatus = ""
) -> Response:
    """Find messages, and show where they stand."""
    session = await _session(request)
    found = await _traced(request, q, days, status) if q.strip() else None
    return _shown(
        request, session, "messages.html", at="/messages", q=q, days=days, found=found,
        query=urlencode({"q": q, "days": days, "status": status}), causes=catalogue().causes,
        status=status, statuses=list(Status),
    )  # fmt: skip


@router.get("/messages.csv")
async def messages_csv(
    request: Request, q: Text = "", days: Days = 7, status: AnyStatus = ""
) -> Response:
    """Give what was found as a table: a row for each recipient."""
    await _session(request)
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
    session = await _session(request)
    return await _message_page(request, session, id_, session.taken(request.url.path))


@router.post("/messages/{id_}")
async def act(request: Request, id_: str) -> Response:
    """Do something with a message; what cannot be undone is asked about first."""
    session, given = await _console(request).gate.form(request)
    wanted = _act(given.get("act", ""))
    why = given.get("why", "").strip()[:300]
    if wanted in _ENDS_IT and given.get("sure") != "yes":
        traced = await _life(request, id_)
        return _shown(
            request, session, "sure.html", at="/messages", message=traced.message, act=wanted,
            why=why,
        )  # fmt: skip
    answer = await _performed(
        request, Do(act=wanted, which=Selection(ids=(id_,)), why=why), session
    )
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
    return _shown(
        request, session, "message.html", at="/messages", message=traced.message,
        happenings=traced.happenings, causes=catalogue().causes, given=given, problem=problem,
        is_open=any(each.state in _UNFINISHED for each in traced.message.recipients),
    )  # fmt: skip


@router.get("/queue")
async def queue(
    request: Request,
    state: Annotated[State | None, Query()] = None,
    domain: Annotated[str, Query(max_length=255)] = "",
    sender: Annotated[str, Query(max_length=_LONGEST)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show what waits, oldest first."""
    session = await _session(request)
    which = Selection(
        state=state, domain=domain.strip() or None, sender=sender.strip() or None
    )  # fmt: skip
    listing = await _performed(request, Show(which=which, after=after or None), session)
    assert isinstance(listing, Listing)  # noqa: S101  # what Show is answered with
    now = _now()
    figures = await _console(request).store.figures(now=now)
    chosen: dict[str, Any] = {"state": state or "", "domain": domain, "sender": sender}
    more = urlencode(
        {key: each for key, each in chosen.items() if each} | {"after": listing.after or ""}
    )
    return _shown(
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
    session = await _session(request)
    store, now = _console(request).store, _now()
    if cause or owner or day is not None:
        far = days if day is None else counting.MOST_DAYS
        rows = await store.ask(
            lambda c: counting.failed(c, now=now, days=far, cause=cause, owner=owner, day=day)
        )
        known = catalogue().causes.get(cause)
        return _shown(
            request, session, "failed.html", at="/failures", rows=rows, day=day, cause=cause, owner=owner, days=days,
            title=known.words.title if known else "", causes=catalogue().causes,
        )  # fmt: skip
    counted = await store.ask(lambda c: counting.failures(c, now=now, days=days))
    return _shown(request, session, "failures.html", at="/failures", counted=counted, days=days)


@router.get("/policies")
async def policies(request: Request) -> Response:
    """Show every policy, in the order they are asked, with what becomes of its verdict."""
    session = await _session(request)
    modes: Mapping[str, Any] = _console(request).settings().policies
    rows = [(each, modes.get(each.name, each.usual)) for each in POLICIES]
    return _shown(
        request, session, "policies.html", at="/policies", rows=rows, causes=catalogue().causes
    )


@router.get("/tests")
async def tests(request: Request) -> Response:
    """Show the form that says of whom the gateway is to be asked."""
    session = await _session(request)
    return _tests_page(request, session, session.taken("/tests"))


@router.post("/tests")
async def rehearse(request: Request) -> Response:
    """Show what the gateway would say to a message; nothing is sent or counted."""
    session, given = await _console(request).gate.form(request)
    given = {name: value.strip()[:_LONGEST] for name, value in given.items()}
    try:
        wanted = Rehearse(
            sender=given.get("sender", ""),
            recipient=given.get("recipient", ""),
            ip=given.get("ip", "") or "127.0.0.1",
            helo=given.get("helo", ""),
            account=given.get("account", ""),
            octets=_octets(given.get("size", "")),
            probe=given.get("probe") == "yes",
        )
        answer = await _performed(request, wanted, session)
    except ProblemError as problem:
        return _tests_page(request, session, given, problem)
    assert isinstance(answer, Rehearsed)  # noqa: S101  # what Rehearse is answered with
    said_by = speaker()
    told = rehearsal_words(to_builtins(answer.rehearsal), said_by)
    probe = (told.probe, said_by.finding_words(told.probe)) if told.probe else None
    return _shown(
        request, session, "tests.html", at="/tests", given=given, told=told, probe=probe,
        rehearsal=answer.rehearsal,
    )  # fmt: skip


def _tests_page(
    request: Request,
    session: Session,
    given: Mapping[str, str],
    problem: ProblemError | None = None,
) -> Response:
    return _shown(
        request, session, "tests.html", at="/tests", given=given, told=None, probe=None,
        problem=problem,
    )  # fmt: skip


@router.get("/blocks")
async def blocks(request: Request) -> Response:
    """Show what is blocked, and the form that blocks."""
    session = await _session(request)
    return await _blocks_page(request, session, session.taken("/blocks"))


async def _blocks_page(
    request: Request,
    session: Session,
    given: Mapping[str, str],
    problem: ProblemError | None = None,
) -> Response:
    answer = await _performed(request, ListBlocks(), session)
    assert isinstance(answer, Blocks)  # noqa: S101  # what ListBlocks is answered with
    asked = await _performed(request, ListRemovals(), session)
    assert isinstance(asked, Removals)  # noqa: S101  # what ListRemovals is answered with
    kinds = [kind for kind in KINDS if causes_for(kind)]
    return _shown(
        request, session, "blocks.html", at="/blocks", blocks=answer.blocks, kinds=kinds,
        asked=asked.removals, given=given, problem=problem,
        choices={kind: causes_for(kind) for kind in kinds}, causes=catalogue().causes,
    )  # fmt: skip


@router.post("/blocks")
async def block(request: Request) -> Response:
    """Block somebody, lift a block, or decide about a request to lift one."""
    session, given = await _console(request).gate.form(request)
    try:
        await _performed(request, _about_blocks(given), session)
    except ProblemError as problem:
        return await _blocks_page(request, session, given, problem)
    return RedirectResponse("/blocks", 303)


def _about_blocks(given: Mapping[str, str]) -> OnStore:
    """Return what a form of the page wants; raises ProblemError."""
    if given.get("decide"):
        return DecideRemoval(
            id=given["decide"][:100],
            remove=given.get("act") == "remove",
            why=given.get("why", "").strip()[:300],
        )
    if given.get("lift"):
        return LiftBlock(wanted=given["lift"], why=given.get("why", "")[:300])
    return AddBlock(
        kind=given.get("kind", ""),
        subject=given.get("subject", "")[:_LONGEST],
        cause=given.get("cause", ""),
        reason=given.get("reason", "").strip()[:300],
        seconds=_hours(given.get("hours", "")),
    )


@router.get("/webhooks")
async def webhooks(request: Request) -> Response:
    """Show who else is told of what happens, and what waits for each."""
    return await _webhooks_page(request, await _session(request))


@router.post("/webhooks")
async def try_webhook(request: Request) -> Response:
    """Tell a webhook that nothing happened, and show whether it took that."""
    session, given = await _console(request).gate.form(request)
    answer = await _performed(request, TryWebhook(name=given.get("test", "")[:100]), session)
    assert isinstance(answer, Webhooks)  # noqa: S101  # what TryWebhook is answered with
    return await _webhooks_page(request, session, answer.webhooks[0])


async def _webhooks_page(
    request: Request, session: Session, tried: WebhookEntry | None = None
) -> Response:
    answer = await _performed(request, ListWebhooks(), session)
    assert isinstance(answer, Webhooks)  # noqa: S101  # what ListWebhooks is answered with
    return _shown(
        request, session, "webhooks.html", at="/webhooks", webhooks=answer.webhooks, tried=tried
    )


@router.get("/tokens")
async def tokens(request: Request) -> Response:
    """Show the tokens of programs, and the form that makes one."""
    session = await _session(request)
    return await _tokens_page(request, session, session.taken("/tokens"))


@router.post("/tokens")
async def token(request: Request) -> Response:
    """Make a token, which is shown this once, or revoke one."""
    session, given = await _console(request).gate.form(request)
    try:
        if given.get("revoke"):
            await _performed(request, RevokeToken(wanted=given["revoke"][:100]), session)
            return RedirectResponse("/tokens", 303)
        days = _number(given.get("days", ""), LONGEST_LIFE.days, "days")
        wanted = AddToken(
            name=given.get("name", ""), scope=given.get("scope", ""), seconds=days * 86_400.0
        )
        answer = await _performed(request, wanted, session)
    except ProblemError as problem:
        return await _tokens_page(request, session, given, problem=problem)
    assert isinstance(answer, Tokens)  # noqa: S101  # what AddToken is answered with
    return await _tokens_page(request, session, {}, answer.tokens[0])


async def _tokens_page(
    request: Request,
    session: Session,
    given: Mapping[str, str],
    made: TokenEntry | None = None,
    problem: ProblemError | None = None,
) -> Response:
    answer = await _performed(request, ListTokens(), session)
    assert isinstance(answer, Tokens)  # noqa: S101  # what ListTokens is answered with
    return _shown(
        request, session, "tokens.html", at="/tokens", tokens=answer.tokens[::-1], made=made,
        given=given, problem=problem,
        now=timestamp(_now()),
    )  # fmt: skip


@router.get("/delist")
async def delist(
    request: Request, confirm: Annotated[str, Query(max_length=2_000)] = ""
) -> Response:
    """Show how a server leaves the block list; with what the mail says, the last step."""
    return _delist_page(request, confirm=confirm)


@router.post("/delist")
async def ask_removal(request: Request) -> Response:
    """Send the mail that proves who asks, or do what it allows."""
    given = await form_of(request)
    console = _console(request)
    if not console.requests.take(client_of(request.scope), time.monotonic()):
        raise ProblemError("many-removals", {"limit": "20"})
    written = given.get("confirm", "").strip()
    if written:
        try:
            answer = await _performed(request, ConfirmRemoval(written=written), None)
        except ProblemError as problem:
            return _delist_page(request, problem=problem)
        assert isinstance(answer, Blocks)  # noqa: S101  # what ConfirmRemoval is answered with
        block = answer.blocks[0]
        state = "removed" if block.lifted else "confirmed"
        return _delist_page(request, state=state, subject=block.subject)
    ip, address = given.get("ip", "").strip()[:100], given.get("address", "")[:_LONGEST]
    try:
        answer = await _performed(request, RequestRemoval(ip=ip, address=address), None)
    except ProblemError as problem:
        return _delist_page(request, ip=ip, address=address, problem=problem)
    assert isinstance(answer, Blocks)  # noqa: S101  # what RequestRemoval is answered with
    return RedirectResponse(f"/delist/{answer.token}", 303)


def _delist_page(
    request: Request,
    *,
    state: str = "",
    confirm: str = "",
    subject: str = "",
    ip: str = "",
    address: str = "",
    problem: ProblemError | None = None,
) -> Response:
    shown = _site(request).render(
        "delist.html", at="/delist", state=state, confirm=confirm, subject=subject, ip=ip,
        address=address, refused=refusal(problem),
    )  # fmt: skip
    return page(shown, problem)


@router.get("/delist/{token}")
async def removal(request: Request, token: str) -> Response:
    """Show how a request for removal stands, to whoever asked."""
    answer = await _performed(request, ShowRemoval(token=token[:100]), None)
    if not isinstance(answer, Removals) or not answer.removals:
        raise ProblemError("no-such-request")
    shown = _site(request).render("removal.html", at="/delist", removal=answer.removals[0])
    return page(shown)


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
    since = _now() - timedelta(days=days)
    trace = Trace(wanted=wanted.strip()[:1_000], since=since, most=50, status=status or None)
    answer = await _performed(request, trace, None)
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


async def _performed(request: Request, wanted: OnStore, session: Session | None) -> Answer:
    """Return what came of it.

    Raises:
        ProblemError: It was refused, and why.

    """
    by = f"{session.account} (console)" if session else "a visitor"
    return await performed(_console(request).operator, wanted, by)


def _act(written: str) -> Act:
    try:
        return Act(written)
    except ValueError:
        raise ProblemError("parameter", {"what": f"{written[:40]!r} is nothing to do."}) from None


def _hours(written: str) -> float | None:
    """Return the seconds of a number of hours; None where none is given: until it is lifted."""
    if not written.strip():
        return None
    return _number(written, 24 * 366, "hours") * 3_600.0


def _number(written: str, most: int, of: str) -> int:
    """Return how many there are of something; raises ProblemError."""
    digits = written.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9 and 1 <= int(digits) <= most):
        raise ProblemError("not-done", {"why": f"The {of} are a number from 1 to {most}."})
    return int(digits)


def _octets(written: str) -> int | None:
    if not written:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) <= 12):
        raise ProblemError("not-done", {"why": "The size is a number of octets, or empty."})
    return int(written)


def _shown(
    request: Request,
    session: Session,
    template: str,
    *,
    at: str,
    problem: ProblemError | None = None,
    **shown: Any,
) -> Response:
    rendered = _site(request).render(
        template, at=HERE, here=at, account=session.account, csrf=session.csrf,
        refused=refusal(problem), is_again=request.method == "GET" and bool(shown.get("given")),
        **shown,
    )  # fmt: skip
    return page(rendered, problem)


def _session(request: Request) -> Awaitable[Session]:
    return _console(request).gate.session(request)


def _console(request: Request) -> _Console:
    console: _Console = request.app.state.console
    return console


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _now() -> datetime:
    return datetime.now(UTC)
