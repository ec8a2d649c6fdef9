"""The gate: every request passes it on its way in, and every answer on its way out.

An answer gets what it lacks of header fields; HEAD is answered as GET without a body; what falls over
is answered with a number, which the log has too, and never a word of what was sent.
"""

import logging
from collections.abc import Callable
from traceback import format_tb
from uuid import uuid4

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whybounce.web.headers import ALWAYS, LEAVE_TO_ASK, OPEN_TO_OTHERS, completed
from whybounce.web.problems import ProblemError

_log = logging.getLogger(__name__)


class Gate:
    """Stands around all else. Pages of other sites may read what is below the paths that are open."""

    def __init__(
        self,
        app: ASGIApp,
        open_paths: tuple[str, ...],
        refused: Callable[[Scope, ProblemError], ASGIApp],
    ) -> None:
        self._app = app
        self._open_paths = open_paths
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_open = scope["path"].startswith(self._open_paths)
        rows = OPEN_TO_OTHERS if is_open else ALWAYS
        only_head = scope["method"] == "HEAD"
        began = False

        async def sent(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] = completed(message["headers"], rows)
            elif only_head:
                message = {**message, "body": b""}
            await send(message)

        if is_open and scope["method"] == "OPTIONS":
            answer = Response(status_code=204, headers=LEAVE_TO_ASK)
            await answer(scope, receive, sent)
            return
        try:
            await self._app({**scope, "method": "GET"} if only_head else scope, receive, sent)
        except Exception as error:
            if began:
                raise
            await self._refused(scope, _our_fault(scope, error))(scope, receive, sent)


def _our_fault(scope: Scope, error: Exception) -> ProblemError:
    """Return what is told of an error, which the log has with its way, though without its words."""
    trace = uuid4().hex[:12]
    way = "".join(format_tb(error.__traceback__))
    _log.error(
        "trace %s: %s %s: %s\n%s", trace, scope["method"], scope["path"], type(error).__name__, way
    )
    return ProblemError("our-fault", {"trace": trace})
