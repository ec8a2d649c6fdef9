"""Who asks as a program: by a token in the header of each request, RFC 6750 §2.1.

A session's cookie opens nothing here, so no page of another site can have a browser ask in
somebody's name. A token is looked up by its hash; whoever sends what is none has to wait after a few.
"""

import re
import time
from datetime import UTC, datetime

from starlette.requests import Request

from whybounce.console.signing_in import is_encrypted
from whybounce.gateway.store import Store
from whybounce.gateway.tokens import Scope, Token, token_of
from whybounce.web.intake import client_of
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates

MOST_A_MINUTE = 600
_MOST_WRONG = 10  # Within five minutes, from one client.
_WRITTEN = re.compile(r"bearer +([\w.~+/=-]{1,200})", re.IGNORECASE | re.ASCII)


class Bearers:
    """Lets programs in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wrong = Rates(_MOST_WRONG, seconds=300.0)
        self._asked = Rates(MOST_A_MINUTE, seconds=60.0)

    async def bearer(self, request: Request, scope: Scope) -> Token:
        """Return the token that the request carries, if it opens what is wanted.

        Raises:
            ProblemError: There is none, it is wrong, over or for less, or it asks too often.

        """
        header = request.headers.get("authorization", "")
        if not header:
            raise ProblemError("no-token")
        client, now = client_of(request.scope), time.monotonic()
        if self._wrong.is_spent(client, now):
            raise ProblemError("many-tokens")
        if not is_encrypted(request):
            raise ProblemError("open-token")
        written = _WRITTEN.fullmatch(header.strip())
        token = await token_of(self._store, written[1]) if written else None
        if token is None:
            self._wrong.take(client, now)
            raise ProblemError("wrong-token")
        if token.has_ended(datetime.now(UTC)):
            raise ProblemError("old-token", {"token": token.name, "how": _end(token)})
        if scope is Scope.CHANGE and token.scope is Scope.READ:
            raise ProblemError("read-token", {"token": token.name})
        if not self._asked.take(token.id, now):
            raise ProblemError("many-requests", {"limit": str(MOST_A_MINUTE)})
        return token


def _end(token: Token) -> str:
    if token.revoked is not None:
        return f"was revoked on {token.revoked:%Y-%m-%d at %H:%M} UTC"
    return f"was good until {token.until:%Y-%m-%d %H:%M} UTC"
