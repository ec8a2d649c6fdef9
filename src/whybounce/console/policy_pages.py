"""Policies: how each is set, and what all of them would say to a message that nobody sends."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from msgspec import to_builtins
from starlette.responses import Response

from whybounce.catalogue import catalogue
from whybounce.console.sessions import Session
from whybounce.console.showing import LONGEST, answered, console_of, console_page, session_of
from whybounce.gateway.operating.requests import Rehearse, Rehearsed
from whybounce.gateway.policies import POLICIES
from whybounce.web.problems import ProblemError
from whybounce.web.site import speaker
from whybounce.wording.rehearsals import rehearsal_words

router = APIRouter()


@router.get("/policies")
async def policies(request: Request) -> Response:
    """Show every policy, in the order they are asked, with what becomes of its verdict."""
    session = await session_of(request)
    modes: Mapping[str, Any] = console_of(request).settings().policies
    rows = [(each, modes.get(each.name, each.usual)) for each in POLICIES]
    return console_page(
        request, session, "policies.html", at="/policies", rows=rows, causes=catalogue().causes
    )


@router.get("/tests")
async def tests(request: Request) -> Response:
    """Show the form that says of whom the gateway is to be asked."""
    session = await session_of(request)
    return _tests_page(request, session, session.taken("/tests"))


@router.post("/tests")
async def rehearse(request: Request) -> Response:
    """Show what the gateway would say to a message; nothing is sent or counted."""
    session, given = await console_of(request).gate.form(request)
    given = {name: value.strip()[:LONGEST] for name, value in given.items()}
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
        answer = await answered(request, wanted, session)
    except ProblemError as problem:
        return _tests_page(request, session, given, problem)
    assert isinstance(answer, Rehearsed)  # noqa: S101  # what Rehearse is answered with
    said_by = speaker()
    told = rehearsal_words(to_builtins(answer.rehearsal), said_by)
    probe = (told.probe, said_by.finding_words(told.probe)) if told.probe else None
    return console_page(
        request, session, "tests.html", at="/tests", given=given, told=told, probe=probe,
        rehearsal=answer.rehearsal,
    )  # fmt: skip


def _tests_page(
    request: Request,
    session: Session,
    given: Mapping[str, str],
    problem: ProblemError | None = None,
) -> Response:
    return console_page(
        request, session, "tests.html", at="/tests", given=given, told=None, probe=None,
        problem=problem,
    )  # fmt: skip


def _octets(written: str) -> int | None:
    if not written:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) <= 12):
        raise ProblemError("not-done", {"why": "The size is a number of octets, or empty."})
    return int(written)
