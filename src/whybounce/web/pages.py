"""The pages. Each works without scripts; what the script adds is comfort."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.explaining import near_causes
from whybounce.vocabulary.finding import Inquiry
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.web import listing, noticing, work
from whybounce.web.answering import HTML, box, kept, page, refusal, site_of
from whybounce.web.checks import Checks
from whybounce.web.headers import FRAMED
from whybounce.web.intake import client_of
from whybounce.web.noticing import Wanted
from whybounce.web.problems import KEYS, ProblemError
from whybounce.web.site import STATIC, static
from whybounce.web.submitted import beginning, written
from whybounce.web.thinking import Thinking

router = APIRouter()

_LONGEST_SEARCH = 200
_LONGEST_TEXT = 4_000

Check = Annotated[bool, Query()]  # Whether live checks are to confirm or clear the answer.

EXAMPLES = (
    "5.7.1",
    "550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown",
    "452 4.2.2 The recipient's inbox is out of storage space and inactive.",
)


@router.get("/")
async def diagnose(
    request: Request, q: Annotated[str, Query(max_length=_LONGEST_TEXT)] = ""
) -> Response:
    """Show the box; with ``q`` in the address, the answer too."""
    if q.strip():
        return page(work.explained_page(site_of(request), q))
    return box(
        site_of(request).render(
            "diagnose.html", at="/", text="", file=None, cards=None, examples=EXAMPLES
        )
    )


@router.post("/")
async def diagnosed(request: Request, *, check: Check = False) -> Response:
    """Show the box with what was pasted, and the answer; with ``check``, whether it is still so."""
    return await _answered(request, work.diagnose_page, check=check)


@router.get("/read")
async def reader(request: Request) -> Response:
    """Show the reader's box."""
    return box(site_of(request).render("read.html", at="/read", text="", file=None, cards=None))


@router.post("/read")
async def read(request: Request, *, check: Check = False) -> Response:
    """Show everything a mail says; with ``check``, whether it is still so."""
    return await _answered(request, work.reader_page, check=check)


@router.get("/causes")
async def causes(
    request: Request,
    q: Annotated[str, Query(max_length=_LONGEST_SEARCH)] = "",
    owner: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the causes, all or those that are searched for."""
    role = FixItOwner(owner) if owner in set(FixItOwner) else None
    return kept(request, listing.causes_page(site_of(request), q.strip(), role), HTML)


@router.get("/causes/{cause}")
async def one_cause(request: Request, cause: str) -> Response:
    """Show one cause."""
    if cause not in catalogue().causes:
        near = tuple(near_causes(catalogue(), cause))
        raise ProblemError("no-such-cause", {"cause": cause[:80]}, near)
    return kept(request, listing.cause_page(site_of(request), cause), HTML)


@router.get("/codes/{code}")
async def code(request: Request, code: str) -> Response:
    """Show what a code means, or all that it can mean."""
    return kept(request, listing.code_page(site_of(request), code), HTML)


@router.get("/codes")
async def codes(code: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Lead to the code's page: where a form sends what is typed."""
    return RedirectResponse(
        f"/codes/{quote(code.strip(), safe='')}" if code.strip() else "/causes", 303
    )


@router.get("/write")
async def write(request: Request) -> Response:
    """Show what a notice is made of, and the notice."""
    return _write_page(request, FORM)


@router.get("/write/preview")
async def sample_notice() -> Response:
    """Show the notice of the form as it is at first."""
    return _framed(noticing.page(noticing.notice(SAMPLE, _now()), "auto"))


@router.post("/write/preview")
async def preview(request: Request) -> Response:
    """Show the notice that the form describes, in its frame."""
    return _framed(await _noticed(request, work.notice_page))


@router.post("/write/download")
async def download(request: Request) -> Response:
    """Give the notice as a mail."""
    headers = {"Content-Disposition": 'attachment; filename="notice.eml"'}
    try:
        mail = await _noticed(request, work.notice)
    except ProblemError as problem:
        kind, body = request.headers.get("content-type", ""), await request.body()
        return _write_page(request, written(kind, body), problem)
    return Response(mail, media_type="message/rfc822", headers=headers)


@router.get("/api/docs")
async def interface_page(request: Request) -> Response:
    """Show what programs can ask."""
    described = request.app.state.description
    shown = site_of(request).render("interface.html", at="/api/docs", api=described, problems=KEYS)
    return kept(request, shown, HTML)


@router.get("/static/{digest}/{name}")
async def unchanging(name: str, digest: str) -> Response:
    """Give a file that does not change as long as its address is the same."""
    if name not in STATIC:
        raise ProblemError("not-found", {"path": f"/static/{digest[:40]}/{name[:80]}"})
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(static(name), media_type=STATIC[name], headers=headers)


@router.get("/robots.txt")
async def robots() -> Response:
    """Let causes and codes be found."""
    return Response(
        "User-agent: *\nDisallow: /api/v1/\nDisallow: /check/\n", media_type="text/plain"
    )


SAMPLE = Wanted(
    recipients=("anna@example.org",),
    reply="550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown",
    remote="mx.example.org",
    organisation="Alpine Ski House",
)


# What stands in the form at first.
FORM = {
    "recipient": SAMPLE.recipients[0],
    "reply": SAMPLE.reply,
    "remote": SAMPLE.remote or "",
    "organisation": SAMPLE.organisation or "",
    "language": "en",
}


def _write_page(
    request: Request, given: Mapping[str, str], problem: ProblemError | None = None
) -> Response:
    shown = site_of(request).render(
        "write.html", at="/write", languages=noticing.languages(), given=given,
        refused=refusal(problem),
    )  # fmt: skip
    return page(shown, problem) if problem else box(shown)


async def _answered(request: Request, work_: Callable[..., bytes], *, check: bool) -> Response:
    body = await request.body()
    kind = request.headers.get("content-type", "")
    thinking = _thinking(request)
    try:
        asked = await live_answers(request, kind, body) if check else b""
        return page(await thinking.do(len(body), work_, site_of(request), kind, body, asked=asked))
    except ProblemError as problem:
        problem.kept = problem.kept or beginning(kind, body)
        raise


async def live_answers(request: Request, kind: str, body: bytes) -> bytes:
    """Return what live checks find about what was sent, for ``work``.

    Raises:
        ProblemError: This client asks for too much.

    """
    wanted = await _thinking(request).do(len(body), work.inquired, kind, body)
    inquiries = msgspec.json.decode(wanted, type=list[Inquiry])
    checks: Checks = request.app.state.checks
    return msgspec.json.encode(await checks.about(client_of(request.scope), inquiries))


async def _noticed(request: Request, made: Callable[[str, bytes, datetime], bytes]) -> bytes:
    body = await request.body()
    kind = request.headers.get("content-type", "")
    return await _thinking(request).do(len(body), made, kind, body, _now())


def _framed(markup: bytes) -> Response:
    headers = {"Content-Security-Policy": FRAMED}
    return Response(markup, media_type=HTML, headers=headers)


def _thinking(request: Request) -> Thinking:
    thinking: Thinking = request.app.state.thinking
    return thinking


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
