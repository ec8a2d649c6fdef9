"""``/provoke``, in the demonstration alone: a cause is made to happen, and what came back is shown.

It does what ``whybounce provoke`` does. Nothing it sends can leave the machine, because the
demonstration cannot reach anything else. The last results are kept in memory, so that each has an
address and going back sends nothing again.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from whybounce.catalogue import catalogue
from whybounce.console.signing_in import form_of
from whybounce.provoking.demonstration import Demonstration
from whybounce.provoking.provoke import (
    Condition,
    Conditions,
    NoDemonstrationError,
    Provoked,
    provoke,
)
from whybounce.provoking.whereabouts import Whereabouts
from whybounce.web import Face, Link
from whybounce.web.answering import HTML, page
from whybounce.web.headers import FRAMED
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates
from whybounce.web.site import Site

_MOST_A_MINUTE = 30
_MOST_AT_ONCE = 4
_KEPT = 50
_GRACE = 15.0  # Seconds beside the time after which the demonstration gives delivery up.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one, and the notice as it was when it came."""

    provoked: Provoked
    text: str  # Of the notice, as a mail program without pages shows it.
    markup: bytes
    status: str  # Its part for machines.


class _Provoking:
    """Provokes, a few at a time, and keeps what came of it."""

    def __init__(self, at: Whereabouts, patience: float) -> None:
        self.conditions = Conditions(catalogue())
        self._at = at
        self._patience = patience
        self._under_way = 0
        self._rates = Rates(_MOST_A_MINUTE, seconds=60.0)
        self._results: OrderedDict[str, _Result] = OrderedDict()

    async def provoke(self, client: str, name: str) -> str:
        """Make it happen; return the name of the result.

        Raises:
            ProblemError: It cannot be, or too much is under way.

        """
        condition = self._wanted(name)
        if not self._rates.take(client, time.monotonic()):
            raise ProblemError("many-provoked", {"limit": str(_MOST_A_MINUTE)})
        if self._under_way >= _MOST_AT_ONCE:
            raise ProblemError("busy-provoking")
        self._under_way += 1
        try:
            result = await asyncio.to_thread(self._provoked, condition)
        except NoDemonstrationError as error:
            raise ProblemError("not-done", {"why": f"{error}."}) from None
        finally:
            self._under_way -= 1
        kept = secrets.token_urlsafe(12)
        self._results[kept] = result
        while len(self._results) > _KEPT:
            self._results.popitem(last=False)
        return kept

    def result(self, name: str) -> _Result:
        """Return what came of it; raises ProblemError where that is not kept any more."""
        if name not in self._results:
            raise ProblemError("not-found", {"path": f"/provoke/{name[:80]}"})
        return self._results[name]

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


def demonstration_face(shown: Demonstration) -> Face:
    """Return the page as a part of the demonstration's site."""
    patience = shown.config.schedule.expire_after.total_seconds() + _GRACE
    router, provoking = APIRouter(), _Provoking(shown.whereabouts, patience)

    table = provoking.conditions.table()
    usual = next(str(each.wanted) for each in table if str(each.code) == "5.1.10")

    @router.get("/provoke")
    async def choose(
        request: Request, condition: Annotated[str, Query(max_length=_LONGEST_NAME)] = ""
    ) -> Response:
        """Show what can be made to happen."""
        return page(
            _site(request).render(
                "provoke.html", at="/provoke", rows=table, result=None, chosen=condition or usual,
                causes=catalogue().causes,
            )
        )  # fmt: skip

    @router.post("/provoke")
    async def make(request: Request) -> Response:
        """Make it happen, and lead to what came of it."""
        given = await form_of(request)
        name = given.get("other", "").strip() or given.get("condition", "")
        kept = await provoking.provoke(client_of(request.scope), name)
        return RedirectResponse(f"/provoke/{kept}", 303)

    @router.get("/provoke/{name}")
    async def result(request: Request, name: str) -> Response:
        """Show what came of it."""
        came = provoking.result(name)
        return page(
            _site(request).render(
                "provoke.html", at="/provoke", rows=table, result=came,
                name=name, chosen=str(came.provoked.condition.wanted), causes=catalogue().causes,
            )
        )  # fmt: skip

    @router.get("/provoke/{name}/notice")
    async def notice(name: str) -> Response:
        """Give the notice's page, for its frame."""
        headers = {"Content-Security-Policy": FRAMED}
        return Response(provoking.result(name).markup, media_type=HTML, headers=headers)

    return Face(router, (Link("/provoke", "Provoke"),), "whybounce.console")


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site
