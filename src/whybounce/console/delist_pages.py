"""The way off the block list, for whoever is on it: the pages that need no signing in."""

import time
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from whybounce.console.showing import LONGEST, answered, console_of
from whybounce.console.signing_in import form_of
from whybounce.gateway.operating.requests import (
    Blocks,
    ConfirmRemoval,
    Removals,
    RequestRemoval,
    ShowRemoval,
)
from whybounce.web.answering import page, refusal, site_of
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError

router = APIRouter()


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
    console = console_of(request)
    if not console.requests.take(client_of(request.scope), time.monotonic()):
        raise ProblemError("many-removals", {"limit": "20"})
    written = given.get("confirm", "").strip()
    if written:
        try:
            answer = await answered(request, ConfirmRemoval(written=written), None)
        except ProblemError as problem:
            return _delist_page(request, problem=problem)
        assert isinstance(answer, Blocks)  # noqa: S101  # what ConfirmRemoval is answered with
        block = answer.blocks[0]
        state = "removed" if block.lifted else "confirmed"
        return _delist_page(request, state=state, subject=block.subject)
    ip, address = given.get("ip", "").strip()[:100], given.get("address", "")[:LONGEST]
    try:
        answer = await answered(request, RequestRemoval(ip=ip, address=address), None)
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
    shown = site_of(request).render(
        "delist.html", at="/delist", state=state, confirm=confirm, subject=subject, ip=ip,
        address=address, refused=refusal(problem),
    )  # fmt: skip
    return page(shown, problem)


@router.get("/delist/{token}")
async def removal(request: Request, token: str) -> Response:
    """Show how a request for removal stands, to whoever asked."""
    answer = await answered(request, ShowRemoval(token=token[:100]), None)
    if not isinstance(answer, Removals) or not answer.removals:
        raise ProblemError("no-such-request")
    shown = site_of(request).render("removal.html", at="/delist", removal=answer.removals[0])
    return page(shown)
