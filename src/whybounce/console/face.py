"""The console as a part of the site: its pages and its interface for programs, and who is let in.

Each page asks the operator, and shows what came of it; none decides anything.
"""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from whybounce.console import (
    block_pages,
    delist_pages,
    described,
    interface,
    mail_pages,
    policy_pages,
    token_pages,
    webhook_pages,
)
from whybounce.console.bearers import Bearers
from whybounce.console.showing import HERE, Console, console_of
from whybounce.console.signing_in import (
    FormAgainError,
    Gate,
    NotSignedInError,
    sign_in_page,
    to_sign_in,
)
from whybounce.gateway.service import Running
from whybounce.web import Face, Link

router = APIRouter()

_PAGES = (mail_pages, policy_pages, block_pages, webhook_pages, token_pages, delist_pages)


def console_face() -> Face:
    """Return the console as a part of the site; ``prepared`` tells it of the gateway."""
    routes = APIRouter()
    routes.include_router(interface.router)
    for pages in _PAGES:
        routes.include_router(pages.router)
    routes.include_router(router)
    links = (Link("/delist", "Delist"), Link(HERE, "Console"))
    return Face(routes, links, "whybounce.console", described.description())


def prepared(app: FastAPI, gateway: Running) -> FastAPI:
    """Return the application with the gateway that the console is of."""
    app.state.operator, app.state.bearers = gateway.operator, Bearers(gateway.store)
    app.state.console = Console(
        gate=Gate(gateway.directory),
        operator=gateway.operator,
        store=gateway.store,
        settings=gateway.settings,
    )

    async def not_signed_in(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotSignedInError)  # noqa: S101  # Starlette calls us for it alone
        return to_sign_in(request, error)

    async def again(request: Request, _: Exception) -> Response:
        return RedirectResponse(request.url.path, 303)

    app.add_exception_handler(NotSignedInError, not_signed_in)
    app.add_exception_handler(FormAgainError, again)
    return app


@router.get("/console")
async def console() -> Response:
    """Lead to where the console begins."""
    return RedirectResponse("/messages", 303)


@router.get("/login")
async def login(request: Request) -> Response:
    """Show the sign-in."""
    return sign_in_page(request)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Sign in."""
    return await console_of(request).gate.sign_in(request)


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """Sign out."""
    return await console_of(request).gate.sign_out(request)
