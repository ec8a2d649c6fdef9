"""Blocks: who is blocked, and who asks to be no more."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.console.sessions import Session
from whybounce.console.showing import (
    LONGEST,
    answered,
    console_of,
    console_page,
    number,
    session_of,
)
from whybounce.gateway.blocks import KINDS, causes_for
from whybounce.gateway.operating.requests import (
    AddBlock,
    Blocks,
    DecideRemoval,
    LiftBlock,
    ListBlocks,
    ListRemovals,
    OnStore,
    Removals,
)
from whybounce.web.problems import ProblemError

router = APIRouter()


@router.get("/blocks")
async def blocks(request: Request) -> Response:
    """Show what is blocked, and the form that blocks."""
    session = await session_of(request)
    return await _blocks_page(request, session, session.taken("/blocks"))


async def _blocks_page(
    request: Request,
    session: Session,
    given: Mapping[str, str],
    problem: ProblemError | None = None,
) -> Response:
    answer = await answered(request, ListBlocks(), session)
    assert isinstance(answer, Blocks)  # noqa: S101  # what ListBlocks is answered with
    asked = await answered(request, ListRemovals(), session)
    assert isinstance(asked, Removals)  # noqa: S101  # what ListRemovals is answered with
    kinds = [kind for kind in KINDS if causes_for(kind)]
    return console_page(
        request, session, "blocks.html", at="/blocks", blocks=answer.blocks, kinds=kinds,
        asked=asked.removals, given=given, problem=problem,
        choices={kind: causes_for(kind) for kind in kinds}, causes=catalogue().causes,
    )  # fmt: skip


@router.post("/blocks")
async def block(request: Request) -> Response:
    """Block somebody, lift a block, or decide about a request to lift one."""
    session, given = await console_of(request).gate.form(request)
    try:
        await answered(request, _about_blocks(given), session)
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
        subject=given.get("subject", "")[:LONGEST],
        cause=given.get("cause", ""),
        reason=given.get("reason", "").strip()[:300],
        seconds=_hours(given.get("hours", "")),
    )


def _hours(written: str) -> float | None:
    """Return the seconds of a number of hours; None where none is given: until it is lifted."""
    if not written.strip():
        return None
    return number(written, 24 * 366, "hours") * 3_600.0
