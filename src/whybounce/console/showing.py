"""What the console's pages share: whom they ask, who is signed in, and how a page is shown."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.responses import Response

from whybounce.console.asking import performed
from whybounce.console.sessions import Session
from whybounce.console.signing_in import Gate
from whybounce.gateway.config import Config
from whybounce.gateway.operating.performing import Operator
from whybounce.gateway.operating.requests import Answer, OnStore
from whybounce.gateway.store import Store
from whybounce.web.answering import page, refusal, site_of
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates

HERE = "/console"
LONGEST = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What the routes ask."""

    gate: Gate
    operator: Operator
    store: Store
    settings: Callable[[], Config]
    requests: Rates = field(default_factory=lambda: Rates(20, seconds=3_600.0))  # For removal.


async def answered(request: Request, wanted: OnStore, session: Session | None) -> Answer:
    """Return what came of it.

    Raises:
        ProblemError: It was refused, and why.

    """
    by = f"{session.account} (console)" if session else "a visitor"
    return await performed(console_of(request).operator, wanted, by)


def number(written: str, most: int, of: str) -> int:
    """Return how many there are of something; raises ProblemError."""
    digits = written.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9 and 1 <= int(digits) <= most):
        raise ProblemError("not-done", {"why": f"The {of} are a number from 1 to {most}."})
    return int(digits)


def console_page(
    request: Request,
    session: Session,
    template: str,
    *,
    at: str,
    problem: ProblemError | None = None,
    **shown: Any,
) -> Response:
    """Return a page of the console, as who is signed in sees it."""
    rendered = site_of(request).render(
        template, at=HERE, here=at, account=session.account, csrf=session.csrf,
        refused=refusal(problem), is_again=request.method == "GET" and bool(shown.get("given")),
        **shown,
    )  # fmt: skip
    return page(rendered, problem)


def session_of(request: Request) -> Awaitable[Session]:
    """Return who is signed in; raises NotSignedInError."""
    return console_of(request).gate.session(request)


def console_of(request: Request) -> Console:
    """Return what the pages ask."""
    console: Console = request.app.state.console
    return console
