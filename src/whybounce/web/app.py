"""The application: what a request passes, and how a problem is answered."""

import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from whybounce.web import checking_pages, interface, openapi, pages, work
from whybounce.web.answering import problem_answer
from whybounce.web.checks import Checks, Means
from whybounce.web.gate import Gate
from whybounce.web.intake import Intake
from whybounce.web.problems import ProblemError
from whybounce.web.site import HERE, LOOK_UPS, Link, Site
from whybounce.web.straight import Straight
from whybounce.web.thinking import Thinking

__all__ = ["Face", "Link", "Means", "Settings", "create_app"]

_OBJECTS_BETWEEN = 20_000  # Made and kept, between two looks of the collector.


@dataclass(frozen=True, slots=True)
class Face:
    """What another part of the product adds to the site."""

    router: APIRouter
    navigation: tuple[Link, ...] = ()
    templates: str | None = None  # A package with a folder of templates; they extend page.html.
    description: openapi.Description | None = None  # Of what it adds to the interface for programs.


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is done at once."""

    processes: int = 2  # That read what is long.
    waiting: int = 16  # Requests that wait for one of them; more are told to come back.
    seconds: float = 10.0  # After which a reading is given up.
    faces: Sequence[Face] = field(default=())
    means: Callable[[], Means] = Means  # Of live checks, as they are in force at the moment.


def create_app(settings: Settings = Settings()) -> FastAPI:
    """Return the application: look-ups, the interface for programs, and the other faces."""
    thinking = Thinking(settings.processes, settings.waiting, settings.seconds)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        thinking.prepare()
        _warm_up()
        yield
        thinking.close()

    app = FastAPI(
        title="Whybounce", docs_url=None, redoc_url=None, openapi_url=None, lifespan=running,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # Errors quote strangers.
    )  # fmt: skip
    app.state.thinking = thinking
    app.state.checks = Checks(settings.means)
    app.state.site = Site(
        navigation=(*LOOK_UPS, *(link for face in settings.faces for link in face.navigation)),
        templates=(HERE, *(face.templates for face in settings.faces if face.templates)),
    )
    app.router.routes.extend(interface.STRAIGHT)
    app.include_router(interface.router)
    app.include_router(pages.router)
    app.include_router(checking_pages.router)
    for face in settings.faces:
        app.include_router(face.router)
    for error, answer in _ANSWERS:
        app.add_exception_handler(error, answer)
    description = openapi.document(
        *(face.description for face in settings.faces if face.description)
    )
    app.state.description = description
    app.openapi = lambda: description  # type: ignore[method-assign]  # the shapes are wire's

    def refused(scope: Scope, problem: ProblemError) -> Response:
        return problem_answer(Request({**scope, "app": app}), problem)

    app.add_middleware(Straight, routes=interface.STRAIGHT)
    app.add_middleware(Intake, refused=refused)
    app.add_middleware(Gate, open_paths=interface.OPEN, refused=refused)
    return app


def _warm_up() -> None:
    """Read the catalogue before anybody waits for it, and spare the collector looking through it.

    An answer is some hundred objects without a circle among them: looking for circles after every few
    answers costs a tenth of the processor's time and finds nothing.
    """
    work.explain("text/plain", b"5.7.1", "en", as_text=False)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN, 20, 20)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101  # Starlette calls us for it alone
    return problem_answer(request, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # likewise
    if error.status_code == 405:
        answer = problem_answer(request, ProblemError("method", {"method": request.method}))
        answer.headers.update(error.headers or {})
        return answer
    return problem_answer(request, ProblemError("not-found", {"path": request.url.path[:200]}))


async def _parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # likewise
    first = error.errors()[0]
    # ("query", "status"), and behind it which of a parameter's types it is not.
    place = first["loc"]
    what = f"{place[min(1, len(place) - 1)]}: {first['msg']}."
    return problem_answer(request, ProblemError("parameter", {"what": what}))


_ANSWERS = (
    (ProblemError, _problem),
    (HTTPException, _http),
    (RequestValidationError, _parameter),
)
