"""Live checks as a page, as JSON and as text. The page's address says what was asked, and nobody's name."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.explaining import change, near_causes
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.web import plain
from whybounce.web.answering import page, site_of
from whybounce.web.checks import LONGEST_TARGET, Checked, Checks
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError
from whybounce.web.site import speaker
from whybounce.wire import SCHEMA, finding_as_dict
from whybounce.wire.times import timestamp
from whybounce.wording import Speaker

router = APIRouter()

Target = Annotated[str, Query(max_length=LONGEST_TARGET)]
Selector = Annotated[str, Query(max_length=63, pattern=r"^[A-Za-z0-9._-]*$")]
CauseId = Annotated[str, Query(max_length=100)]


@router.get("/check")
async def box(
    request: Request, target: Target = "", selector: Selector = "", cause: CauseId = ""
) -> Response:
    """Show the box, or lead to what was typed into it."""
    if target.strip():
        about = checks_of(request).subject(target)
        return RedirectResponse(_path(about, selector, cause), 303)
    known = cause_of(cause)
    shown = site_of(request).render(
        "check.html", at="/check", checked=None, change=None, text="", selector=selector,
        cause=known, title=speaker().cause_words(known.id).title if known else "",
    )  # fmt: skip
    return page(shown)


@router.get("/check/{target}")
async def checked(
    request: Request, target: str, selector: Selector = "", cause: CauseId = ""
) -> Response:
    """Ask now, and show what was found."""
    about = checks_of(request).subject(target[:LONGEST_TARGET])
    if about != target:
        return RedirectResponse(_path(about, selector, cause), 303)
    known = cause_of(cause)
    found = await asked(request, about, selector)
    said_by = speaker()
    shown = site_of(request).render(
        "check.html", at="/check", checked=found, text="", selector=selector, cause=known,
        title=said_by.cause_words(known.id).title if known else "",
        change=change(known, found.findings) if known else None,
        findings=[(each, said_by.finding_words(each)) for each in found.findings],
        summary=summary(found.findings),
        again=_path(about, selector, cause),
        as_json=f"/api/v1/check?{urlencode(_given(target=about, selector=selector, cause=cause))}",
    )  # fmt: skip
    return page(shown)


async def asked(request: Request, target: str, selector: str) -> Checked:
    """Return what is found about the target.

    Raises:
        ProblemError: It is nothing that can be asked about, or too much is asked.

    """
    selectors = (selector,) if selector else ()
    try:
        return await checks_of(request).of(client_of(request.scope), target, selectors)
    except ProblemError as problem:
        problem.kept = problem.kept or target
        raise


def as_json(found: Checked, cause: Cause | None, said_by: Speaker) -> bytes:
    """Return the findings as ``check --json`` gives them, and what they say of the cause."""
    shape: dict[str, Any] = {
        "schema": SCHEMA,
        "target": found.target,
        "time": timestamp(found.at),
        "cause": cause.id if cause else None,
        "change": change(cause, found.findings) if cause else None,
        "findings": [finding_as_dict(each, said_by, found.target) for each in found.findings],
    }
    return msgspec.json.encode(shape)


def as_text(found: Checked, cause: Cause | None, said_by: Speaker) -> bytes:
    """Return it as a person reads it."""
    said = change(cause, found.findings) if cause else None
    return plain.findings(found, said, said_by).encode("utf-8", "replace")


def cause_of(id_: str) -> Cause | None:
    """Return the cause that is to be confirmed or cleared; None where none is named.

    Raises:
        ProblemError: There is none of that id.

    """
    if not id_:
        return None
    if id_ not in catalogue().causes:
        near = tuple(near_causes(catalogue(), id_))
        raise ProblemError("no-such-cause", {"cause": id_[:80]}, near)
    return catalogue().causes[id_]


def summary(findings: tuple[Finding, ...]) -> str:
    """Return the verdict in one line."""
    meant = [each for each in findings if each.counts]
    failing = sum(each.answer is Answer.FAILS for each in meant)
    unknown = sum(each.answer is Answer.UNKNOWN for each in meant)
    if failing:
        key = "check.failing.one" if failing == 1 else "check.failing"
        return speaker().page(key, failing=str(failing), all=str(len(meant)))
    if unknown:
        return speaker().page("check.undecided", unknown=str(unknown), all=str(len(meant)))
    return speaker().page("check.in-order")


def checks_of(request: Request) -> Checks:
    """Return who asks."""
    checks: Checks = request.app.state.checks
    return checks


def _path(about: str, selector: str, cause: str) -> str:
    query = urlencode(_given(selector=selector, cause=cause))
    return f"/check/{quote(about, safe=':')}" + (f"?{query}" if query else "")


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
