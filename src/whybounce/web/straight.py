"""The straight way for what is asked most: one function, without the framework around it.

For an answer that takes the processor some fifty microseconds, the wrapping of a framework's route
costs as much again. The routes stand in the router too, which refuses other methods.
"""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Straight:
    """Answers POST to some routes by calling their functions; all else goes on to the framework."""

    def __init__(self, app: ASGIApp, routes: Sequence[Route]) -> None:
        self._app = app
        self._functions: dict[str, Callable[[Request], Awaitable[Response]]] = {
            route.path: route.endpoint for route in routes
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        function = self._functions.get(scope["path"]) if is_post else None
        if function is None:
            await self._app(scope, receive, send)
            return
        answer = await function(Request(scope, receive))
        await answer(scope, receive, send)
