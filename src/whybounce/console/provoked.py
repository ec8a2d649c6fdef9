"""``/provoke``, in the demonstration alone: a cause is made to happen, and what came back is shown.

It does what ``whybounce provoke`` does. Nothing it sends can leave the machine, because the
demonstration cannot reach anything else. Who asks is answered at once, with the address of a page
that shows how far it is; the last results are kept in memory for a while, so that going back sends
nothing again.
"""

import asyncio
import contextlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.console.signing_in import form_of
from whybounce.provoking.demonstration import Demonstration
from whybounce.provoking.naming import Condition, Conditions
from whybounce.provoking.provoke import Provoked, provoke
from whybounce.provoking.sending import NoDemonstrationError
from whybounce.provoking.whereabouts import Whereabouts
from whybounce.web import Face, Link
from whybounce.web.answering import HTML, page, refusal, site_of
from whybounce.web.headers import FRAMED
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates

_MOST_A_MINUTE = 30
_MOST_AT_ONCE = 8
_MOST_AT_ONCE_OF_ONE = 4
_KEPT = 50
_KEPT_FOR = 3_600.0  # Seconds.
_GRACE = 15.0  # Seconds beside the time after which the demonstration gives delivery up.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one, and the notice as it was when it came."""

    provoked: Provoked
    text: str  # Of the notice, as a mail program without pages shows it.
    markup: bytes
    status: str  # Its part for machines.


@dataclass(frozen=True, slots=True)
class _Run:
    """One that is under way, or that came to its end."""

    client: str
    condition: Condition
    began: float
    coming: asyncio.Future[_Result]

    def result(self) -> _Result | None:
        """Return what came of it; None as long as nothing did.

        Raises:
            ProblemError: It could not be made to happen.

        """
        if not self.coming.done():
            return None
        try:
            return self.coming.result()
        except NoDemonstrationError as error:
            why = str(error)
            raise ProblemError("not-done", {"why": f"{why[:1].upper()}{why[1:]}."}) from None


class _Provoking:
    """Provokes, a few at a time, and keeps what came of it."""

    def __init__(self, at: Whereabouts, patience: float) -> None:
        self.conditions = Conditions(catalogue())
        self._at = at
        self._patience = patience
        self._rates = Rates(_MOST_A_MINUTE, seconds=60.0)
        self._runs: OrderedDict[str, _Run] = OrderedDict()  # Those that began first, first.

    def begin(self, client: str, name: str) -> str:
        """Begin to make it happen; return under which name it is kept.

        Raises:
            ProblemError: It cannot be, or too much is under way.

        """
        condition = self._wanted(name)
        now = time.monotonic()
        under_way = [each.client for each in self._runs.values() if not each.coming.done()]
        if len(under_way) >= _MOST_AT_ONCE or under_way.count(client) >= _MOST_AT_ONCE_OF_ONE:
            raise ProblemError("busy-provoking")
        if not self._rates.take(client, now):
            raise ProblemError("many-provoked", {"limit": str(_MOST_A_MINUTE)})
        kept = secrets.token_urlsafe(12)
        coming = _beside(lambda: self._provoked(condition))
        self._runs[kept] = _Run(client, condition, now, coming)
        while len(self._runs) > _KEPT:
            self._runs.popitem(last=False)
        return kept

    def run(self, name: str) -> _Run:
        """Return what is kept under that name; raises ProblemError where nothing is, any more."""
        run = self._runs.get(name)
        if run is None or time.monotonic() - run.began > _KEPT_FOR:
            raise ProblemError("no-such-result")
        return run

    def _wanted(self, name: str) -> Condition:
        condition = self.conditions.named(name.strip()[:_LONGEST_NAME])
        if condition is None:
            raise ProblemError("no-such-condition", {"name": name[:80]})
        if condition.never:
            why = f"{condition.wanted} cannot be provoked: {condition.how}."
            raise ProblemError("not-done", {"why": why})
        return condition

    def _provoked(self, condition: Condition) -> _Result:
        provoked = next(provoke([condition], self._at, patience=self._patience))
        if provoked.notice is None:
            return _Result(provoked, "", b"", "")
        mail = message_from_bytes(provoked.notice.read_bytes(), policy=policy.default)
        plain, markup = mail.get_body(("plain",)), mail.get_body(("html",))
        machine = next(
            (
                each
                for each in mail.walk()
                if each.get_content_subtype().endswith("delivery-status")
            ),
            None,
        )
        return _Result(
            provoked,
            str(plain.get_content()) if plain else "",
            str(markup.get_content()).encode("utf-8", "replace") if markup else b"",
            "\n".join(str(each) for each in machine.get_payload()) if machine else "",
        )


def _beside(work: Callable[[], _Result]) -> asyncio.Future[_Result]:
    """Return what comes of the work, in a thread that whoever ends the process need not wait for."""
    loop = asyncio.get_running_loop()
    coming: asyncio.Future[_Result] = loop.create_future()

    def done(result: _Result | None, error: Exception | None) -> None:
        if error is not None:
            coming.set_exception(error)
        elif result is not None:
            coming.set_result(result)

    def run() -> None:
        result, fault = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  # whoever looks at the result is told
            fault = error
        with contextlib.suppress(RuntimeError):  # The loop has ended meanwhile.
            loop.call_soon_threadsafe(done, result, fault)

    threading.Thread(target=run, name="provoking", daemon=True).start()
    return coming


def demonstration_face(shown: Demonstration) -> Face:
    """Return the page as a part of the demonstration's site."""
    given_up_after = shown.config.schedule.expire_after.total_seconds()
    patience = given_up_after + _GRACE
    router, provoking = APIRouter(), _Provoking(shown.whereabouts, patience)

    table = provoking.conditions.table()
    usual = next(str(each.wanted) for each in table if str(each.code) == "5.1.10")

    def form_page(
        request: Request,
        *,
        chosen: str,
        other: str = "",
        name: str = "",
        result: _Result | None = None,
        problem: ProblemError | None = None,
    ) -> Response:
        body = site_of(request).render(
            "provoke.html", at="/provoke", rows=table, result=result, name=name, chosen=chosen,
            other=other, refused=refusal(problem), causes=catalogue().causes,
        )  # fmt: skip
        return page(body, problem)

    @router.get("/provoke")
    async def choose(
        request: Request, condition: Annotated[str, Query(max_length=_LONGEST_NAME)] = ""
    ) -> Response:
        """Show what can be made to happen."""
        name = condition.strip()
        rows = (
            each for each in table if name in {str(each.wanted), str(each.code), each.causes[0]}
        )
        row = next(rows, None)
        if row is not None:
            return form_page(request, chosen=str(row.wanted))
        return form_page(request, chosen=usual, other=name)

    @router.post("/provoke")
    async def make(request: Request) -> Response:
        """Begin to make it happen, and lead to the page that shows what comes of it."""
        given = await form_of(request)
        other, chosen = given.get("other", "").strip()[:_LONGEST_NAME], given.get("condition", "")
        try:
            kept = provoking.begin(client_of(request.scope), other or chosen)
        except ProblemError as problem:
            return form_page(request, chosen=chosen, other=other, problem=problem)
        return RedirectResponse(f"/provoke/{kept}", 303)

    @router.get("/provoke/{name}")
    async def came(request: Request, name: str) -> Response:
        """Show what came of it, or how far it is."""
        run = provoking.run(name)
        result = run.result()
        if result is None:
            spent = time.monotonic() - run.began
            return page(
                site_of(request).render(
                    "provoking.html", at="/provoke", name=name, condition=run.condition,
                    spent=int(spent), usual=int(given_up_after), most=int(patience),
                    causes=catalogue().causes,
                )
            )  # fmt: skip
        return form_page(request, chosen=str(run.condition.wanted), name=name, result=result)

    @router.get("/provoke/{name}/notice")
    async def notice(name: str) -> Response:
        """Give the notice's page, for its frame."""
        result = provoking.run(name).result()
        if result is None or not result.markup:
            raise ProblemError("no-such-result")
        headers = {"Content-Security-Policy": FRAMED}
        return Response(result.markup, media_type=HTML, headers=headers)

    return Face(router, (Link("/provoke", "Provoke"),), "whybounce.console")
