"""The interface for programs, /api/v1: the same objects as ``--json``, by ``wire``.

What is asked with POST changes nothing either: it is the text that is too long for an address.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response
from starlette.routing import Route

from whybounce.catalogue import catalogue
from whybounce.explaining import near_causes, search_causes
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.web import checking_pages, listing, work
from whybounce.web.answering import HTML, JSON, PLAIN, kept, prefers
from whybounce.web.headers import FRAMED
from whybounce.web.intake import content_type, in_one_piece
from whybounce.web.pages import Check, live_answers
from whybounce.web.problems import ProblemError
from whybounce.web.site import speaker_of
from whybounce.web.thinking import Thinking
from whybounce.wire import SCHEMA
from whybounce.wire.schema import schemas
from whybounce.wording import Speaker, UnknownLanguageError

router = APIRouter(prefix="/api/v1")

# Others' pages may read these.
OPEN = tuple(
    f"/api/v1/{name}"
    for name in ("explain", "read", "write", "check", "causes", "codes", "schemas", "openapi.json")
)

_LONGEST_TEXT = 4_000
_MAIL = "message/rfc822"
_PAGE = "text/html"

Lang = Annotated[str, Query(max_length=35)]


async def explain(request: Request) -> Response:
    """Explain a code, a reply, a line of a log, or a bounce."""
    return await _told(
        request,
        work.explain,
        content_type(request.scope),
        await in_one_piece(request.receive),
        check=_check(request),
    )


@router.get("/explain")
async def explain_given(
    request: Request,
    text: Annotated[str, Query(max_length=_LONGEST_TEXT)] = "",
    *,
    check: Check = False,
) -> Response:
    """Explain a short text that stands in the address."""
    body = text.encode("utf-8", "replace")
    return await _told(request, work.explain, "text/plain", body, check=check)


async def read(request: Request) -> Response:
    """Read a whole bounce."""
    return await _told(
        request,
        work.read,
        content_type(request.scope),
        await in_one_piece(request.receive),
        check=_check(request),
    )


@router.get("/causes")
async def causes(
    request: Request,
    search: Annotated[str, Query(max_length=200)] = "",
    owner: Annotated[FixItOwner | None, Query()] = None,
    lang: Lang = "en",
) -> Response:
    """List the causes, all or those that are searched for."""
    speaker = _speaker(lang)
    found = [
        msgspec.Raw(listing.cause_json(cause.id, speaker))
        for cause in search_causes(catalogue(), search.strip())
        if owner in {None, cause.owner}
    ]
    body = msgspec.json.encode({"schema": SCHEMA, "count": len(found), "causes": found})
    return kept(request, body, JSON)


@router.get("/causes/{cause}")
async def one_cause(request: Request, cause: str, lang: Lang = "en") -> Response:
    """Give one cause."""
    known = catalogue()
    if cause not in known.causes:
        raise ProblemError("no-such-cause", {"cause": cause[:80]}, tuple(near_causes(known, cause)))
    return kept(request, listing.cause_json(cause, _speaker(lang)), JSON)


@router.get("/codes/{code}")
async def one_code(request: Request, code: str) -> Response:
    """Explain a code that nothing stands beside."""
    return kept(request, listing.code_json(code), JSON)


@router.post("/write")
async def write(request: Request) -> Response:
    """Write a notice."""
    body, now = await request.body(), datetime.now(UTC).replace(microsecond=0)
    thinking = _thinking(request)
    if prefers(request, _MAIL, _PAGE) == _PAGE:
        page = await thinking.do(len(body), work.notice_page, JSON, body, now)
        return Response(page, media_type=HTML, headers={"Content-Security-Policy": FRAMED})
    return Response(await thinking.do(len(body), work.notice, JSON, body, now), media_type=_MAIL)


@router.get("/check")
async def check(
    request: Request,
    target: checking_pages.Target,
    selector: checking_pages.Selector = "",
    cause: checking_pages.CauseId = "",
    lang: Lang = "en",
) -> Response:
    """Ask the DNS and the mail servers about a domain or an address, live."""
    speaker, known = _speaker(lang), checking_pages.cause_of(cause)
    found = await checking_pages.asked(request, target, selector)
    headers = {"Vary": "Accept"}
    if prefers(request, JSON, "text/plain") == JSON:
        told = checking_pages.as_json(found, known, speaker)
        return Response(told, media_type=JSON, headers=headers)
    told = checking_pages.as_text(found, known, speaker)
    return Response(told, media_type=PLAIN, headers=headers)


@router.get("/schemas/{verb}")
async def schema(request: Request, verb: str) -> Response:
    """Give the JSON Schema of what a verb answers."""
    known = schemas()
    if verb not in known:
        raise ProblemError("not-found", {"path": request.url.path[:200]}, tuple(known))
    return kept(request, msgspec.json.encode(known[verb]), "application/schema+json")


@router.get("/openapi.json")
async def described(request: Request) -> Response:
    """Give this interface's own description."""
    return kept(request, msgspec.json.encode(request.app.state.description), JSON)


# These two take nothing but a body, and answer most of what is asked.
STRAIGHT = (
    Route("/api/v1/explain", explain, methods=["POST"]),
    Route("/api/v1/read", read, methods=["POST"]),
)


async def _told(
    request: Request, work_: Callable[..., bytes], kind: str, body: bytes, *, check: bool
) -> Response:
    given = request.scope["query_string"]
    lang = request.query_params.get("lang", "en")[:35] if given else "en"
    _speaker(lang)
    as_text = prefers(request, JSON, "text/plain") != JSON
    asked = await live_answers(request, kind, body) if check else b""
    told = await _thinking(request).do(
        len(body), work_, kind, body, lang, as_text=as_text, asked=asked
    )
    return Response(told, media_type=PLAIN if as_text else JSON, headers={"Vary": "Accept"})


def _speaker(language: str) -> Speaker:
    try:
        return speaker_of(language)
    except UnknownLanguageError as error:
        raise ProblemError("parameter", {"what": f"lang: {error}."}) from None


def _check(request: Request) -> bool:
    if not request.scope["query_string"]:
        return False
    given = request.query_params.get("check", "false")
    if given not in {"true", "false"}:
        raise ProblemError("parameter", {"what": "check: is true or false."})
    return given == "true"


def _thinking(request: Request) -> Thinking:
    thinking: Thinking = request.app.state.thinking
    return thinking
