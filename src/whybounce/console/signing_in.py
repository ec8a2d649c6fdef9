"""Signing in and out, and who may see the rest.

A wrong password is answered alike whether there is such an account or not, and whether it is an
administrator's or not. Who is wrong too often has to wait, by client and by account.

A form whose session has ended does nothing. What was written into it goes along through the sign-in,
in the sign-in's own form and never in an address, and stands in the form's box again.
"""

import time
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from whybounce.console.sessions import Draft, Session, Sessions
from whybounce.gateway.directory import Directory
from whybounce.web.answering import HTML, page, site_of
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates
from whybounce.web.submitted import fields

_COOKIE = "whybounce"
_MOST_WRONG = 10  # Within five minutes, from one client.
_MOST_WRONG_ACCOUNT = 30  # For one account, from wherever.
_SECONDS = 300.0
_LONGEST_PASSWORD = 1_000
_KEPT = "kept."  # Before the names of fields that go along through the sign-in.
_OF_THE_FORM = frozenset({"csrf", "act", "sure", "lift", "revoke", "test"})  # Nobody wrote these.
_WAY_OUT = "/logout"


class NotSignedInError(Exception):
    """Nobody is; the sign-in page comes first."""

    def __init__(self, kept: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.kept = kept or {}  # What was written into the form.


class FormAgainError(Exception):
    """A form is of an earlier session; what was written into it stands in the page's form again."""


class Gate:
    """Lets administrators in."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._sessions = Sessions()
        self._of_client = Rates(_MOST_WRONG, seconds=_SECONDS)
        self._of_account = Rates(_MOST_WRONG_ACCOUNT, seconds=_SECONDS)

    async def session(self, request: Request) -> Session:
        """Return the session of an account that is an administrator's now.

        Raises:
            NotSignedInError: There is none.

        """
        name = request.cookies.get(_COOKIE, "")
        session = self._sessions.find(name, time.monotonic())
        if session is None:
            raise NotSignedInError
        login = await self._directory.account(session.account)
        if (
            login is None
            or not login.account.administrator
            or login.account.password != session.password
        ):
            self._sessions.end(name)
            raise NotSignedInError
        return session

    async def form(self, request: Request) -> tuple[Session, dict[str, str]]:
        """Return the session and the fields of a form of its own pages.

        Raises:
            NotSignedInError: There is no session.
            FormAgainError: The form is from a page of an earlier one.
            ProblemError: The form is not from one of its pages.

        """
        try:
            session = await self.session(request)
        except NotSignedInError:
            raise NotSignedInError(await _written(request)) from None
        given = await form_of(request)
        if not session.is_own_form(given.get("csrf", "")):
            if written := await _written(request):
                session.draft = Draft(request.url.path, written)
                raise FormAgainError
            raise ProblemError("old-form")
        return session, given

    async def sign_in(self, request: Request) -> Response:
        """Open a session where the password is right; else say that it is not.

        Raises:
            ProblemError: The way is not encrypted, the form is another site's, or there were too many attempts.

        """
        if not is_encrypted(request):
            raise ProblemError("needs-https")
        given = await form_of(request)
        name, password = given.get("account", "").strip(), given.get("password", "")
        kept = {
            field.removeprefix(_KEPT): value
            for field, value in given.items()
            if field.startswith(_KEPT)
        }
        client, now = client_of(request.scope), time.monotonic()
        if self._of_client.is_spent(client, now) or self._of_account.is_spent(name.lower(), now):
            raise ProblemError("many-sign-ins")
        # Counted before the password is looked at, so that many at once are counted too.
        self._of_client.take(client, now)
        self._of_account.take(name.lower(), now)
        login = None
        if len(password) <= _LONGEST_PASSWORD:
            login = await self._directory.verify_password(name, password)
        if login is None or not login.account.administrator:
            wanted = given.get("next", "")
            return page(_sign_in_page(request, name, wanted, is_wrong=True, kept=kept))
        self._of_client.forget(client)
        self._of_account.forget(name.lower())
        self._sessions.end(request.cookies.get(_COOKIE, ""))
        opened = self._sessions.begin(login.account.name, login.account.password, now)
        path = _inside(given.get("next", ""))
        if kept and (session := self._sessions.find(opened, now)):
            session.draft = Draft(path, kept)
        answer = RedirectResponse(path, 303)
        answer.set_cookie(
            _COOKIE,
            opened,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Close the session."""
        await self.form(request)
        self._sessions.end(request.cookies.get(_COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(_COOKIE, path="/", httponly=True, samesite="strict")
        return answer


def sign_in_page(request: Request) -> Response:
    """Return the page with the sign-in."""
    return page(_sign_in_page(request, "", request.query_params.get("next", "")))


def to_sign_in(request: Request, error: NotSignedInError) -> Response:
    """Lead to the sign-in, and from there back, with what was written into a form."""
    wanted = "/messages" if request.url.path == _WAY_OUT else request.url.path
    if error.kept:
        body = _sign_in_page(request, "", wanted, kept=error.kept)
        return Response(body, 403, media_type=HTML)
    return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", 303)


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form that this site's own page sent.

    Raises:
        ProblemError: It is no form, or another site's page sent it.

    """
    _only_own_site(request)
    given = fields(request.headers.get("content-type", ""), await request.body())
    return {name: field.value.decode("utf-8", "replace") for name, field in given.items()}


async def _written(request: Request) -> dict[str, str]:
    """Return what somebody wrote into a form of this site; nothing unless a browser says that it is one."""
    if not _is_shown_by_us(request) or request.url.path == _WAY_OUT:
        return {}
    given = await form_of(request)
    return {name: value for name, value in given.items() if name not in _OF_THE_FORM and value}


def _sign_in_page(
    request: Request,
    name: str,
    wanted: str,
    *,
    is_wrong: bool = False,
    kept: Mapping[str, str] | None = None,
) -> bytes:
    return site_of(request).render(
        "login.html", at="/console", account=name[:320], next=_inside(wanted), is_wrong=is_wrong,
        kept={f"{_KEPT}{field}": value for field, value in (kept or {}).items()},
    )  # fmt: skip


def _inside(path: str) -> str:
    """Return the path if it is one of this site, else where the console begins."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path[:300] if is_ours else "/messages"


def _only_own_site(request: Request) -> None:
    """Refuse what another site's page had a browser send: Fetch Metadata, else RFC 6454 §7.

    As our pages send no referrer, browsers name their origin "null"; where they say whose page it
    is, that decides.
    """
    fetched = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_own = origin is None or _is_our_host(request, origin)
    if fetched not in {"same-origin", "none"} if fetched else not is_own:
        raise ProblemError("old-form")


def _is_shown_by_us(request: Request) -> bool:
    """Say whether a browser says that the form stood on a page of this site."""
    fetched, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if fetched is not None:
        return fetched == "same-origin"
    return origin is not None and _is_our_host(request, origin)


def _is_our_host(request: Request, origin: str) -> bool:
    """Say whether the origin names the host and port that were asked, RFC 6454 §6.2."""
    return origin.partition("://")[2] == request.headers.get("host", "")


def is_encrypted(request: Request) -> bool:
    """Say whether nobody reads it on its way: by HTTPS, or because it does not leave this machine."""
    if request.url.scheme == "https":
        return True
    try:
        return ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
