"""Answers: what a client wants to have, whether it has it already, and problems as page or JSON."""

from hashlib import blake2b
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from whybounce.web.intake import field
from whybounce.web.problems import ProblemError
from whybounce.web.site import Site, speaker

JSON = "application/json"
PROBLEM = "application/problem+json"
PLAIN = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

INTERFACE = "/api/"
_LONGEST_ACCEPT = 1_000


def prefers(request: Request, *offered: str) -> str:
    """Return which of the types the client wants most; the first where it does not say. RFC 9110 §12.5.1."""
    wanted = field(request.scope, b"accept")[:_LONGEST_ACCEPT].decode("latin-1")
    if wanted in {"", "*/*"}:
        return offered[0]
    weights = dict.fromkeys(offered, (-1, 0.0))  # How exactly it is named, and how much wanted.
    for written in wanted.split(","):
        kind, *parameters = (piece.strip().lower() for piece in written.split(";"))
        for one in offered:
            exactness = _exactness(kind, one)
            if exactness > weights[one][0]:
                weights[one] = (exactness, _weight(parameters))
    return max(offered, key=lambda one: weights[one][1])


def _exactness(kind: str, offered: str) -> int:
    """Return how exactly the client names it: 2 by itself, 1 among others of its kind, 0 all, -1 not."""
    names = ("*/*", f"{offered.partition('/')[0]}/*", offered)
    return names.index(kind) if kind in names else -1


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def kept(request: Request, body: bytes, media_type: str) -> Response:
    """Return an answer that changes only with the catalogue; nothing where the client has it."""
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600", "Vary": "Accept"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def page(body: bytes, problem: ProblemError | None = None) -> Response:
    """Return a page; one that also says why something was not done has the problem's status."""
    if problem is not None:
        return Response(body, problem.status, problem.headers, media_type=HTML)
    return Response(body, media_type=HTML)


def box(body: bytes) -> Response:
    """Return a page with a box and nobody's words in it.

    Browsers forget what was typed into a page that may not be stored; whoever comes back shall find it.
    """
    return Response(body, headers={"Cache-Control": "no-cache"}, media_type=HTML)


def refusal(problem: ProblemError | None) -> tuple[str, str] | None:
    """Return what a page says above the form that is to be corrected: what, and why."""
    if problem is None:
        return None
    words = problem_words(problem)
    return words["title"], speaker().page(f"problem.{problem.key}.what", **problem.values)


def problem_answer(request: Request, problem: ProblemError) -> Response:
    """Return the problem as a page, or below /api/ as problem+json or text."""
    words = problem_words(problem)
    if not request.url.path.startswith(INTERFACE):
        return Response(
            _page(request, problem, words), problem.status, problem.headers, media_type=HTML
        )
    if prefers(request, JSON, PROBLEM, "text/plain") == "text/plain":
        text = f"{words['title']}. {words['detail']}\n"
        return Response(text.encode("utf-8", "replace"), problem.status, problem.headers, PLAIN)
    body = msgspec.json.encode(words)
    return Response(body, problem.status, problem.headers, PROBLEM)


def problem_words(problem: ProblemError) -> dict[str, Any]:
    """Return the members of RFC 9457 §3.1."""
    say = speaker().page
    near = say("problem.near", near=" · ".join(problem.near)) if problem.near else ""
    sentences = (
        say(f"problem.{problem.key}.what", **problem.values),
        near or say(f"problem.{problem.key}.do"),
    )
    return {
        "type": f"/api/docs#{problem.key}",
        "title": say(f"problem.{problem.key}.title"),
        "status": problem.status,
        "detail": " ".join(sentences),
    }


def site_of(request: Request) -> Site:
    """Return the site that the pages are part of."""
    site: Site = request.app.state.site
    return site


def _page(request: Request, problem: ProblemError, words: dict[str, Any]) -> bytes:
    site = site_of(request)
    say = speaker().page
    path = request.url.path
    return site.render(
        "problem.html",
        at=path,
        here=site.place(path),
        key=problem.key,
        title=words["title"],
        what=say(f"problem.{problem.key}.what", **problem.values),
        do=say(f"problem.{problem.key}.do"),
        near=problem.near,
        text=problem.kept,
        action="/read" if path == "/read" else "/",
    )
