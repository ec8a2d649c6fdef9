"""Tokens of programs: made, shown once, revoked."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from whybounce.console.sessions import Session
from whybounce.console.showing import answered, console_of, console_page, number, session_of
from whybounce.gateway.operating.requests import AddToken, ListTokens, RevokeToken, Tokens
from whybounce.gateway.tokens import LONGEST_LIFE
from whybounce.web.problems import ProblemError
from whybounce.wire.times import timestamp
from whybounce.wire.tokens import TokenEntry

router = APIRouter()


@router.get("/tokens")
async def tokens(request: Request) -> Response:
    """Show the tokens of programs, and the form that makes one."""
    session = await session_of(request)
    return await _tokens_page(request, session, session.taken("/tokens"))


@router.post("/tokens")
async def token(request: Request) -> Response:
    """Make a token, which is shown this once, or revoke one."""
    session, given = await console_of(request).gate.form(request)
    try:
        if given.get("revoke"):
            await answered(request, RevokeToken(wanted=given["revoke"][:100]), session)
            return RedirectResponse("/tokens", 303)
        days = number(given.get("days", ""), LONGEST_LIFE.days, "days")
        wanted = AddToken(
            name=given.get("name", ""), scope=given.get("scope", ""), seconds=days * 86_400.0
        )
        answer = await answered(request, wanted, session)
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
    answer = await answered(request, ListTokens(), session)
    assert isinstance(answer, Tokens)  # noqa: S101  # what ListTokens is answered with
    return console_page(
        request, session, "tokens.html", at="/tokens", tokens=answer.tokens[::-1], made=made,
        given=given, problem=problem,
        now=timestamp(datetime.now(UTC)),
    )  # fmt: skip
