"""Sessions: who is signed in, kept in memory, bounded, and gone with the process.

What a browser holds is a random name and nothing else; a name that it brings along is never taken over,
so that nobody can be made to sign in to a session that somebody else knows.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

_IDLE = 3_600.0  # Seconds without a request.
_LONGEST = 12 * 3_600.0
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written into a form that could not be taken: it is to stand in it again."""

    path: str  # Of the page with the form.
    fields: Mapping[str, str]


@dataclass(slots=True)
class Session:
    """One browser of one administrator."""

    account: str
    password: str  # Its hash at the sign-in: another password ends the session.
    csrf: str  # Stands in every form.
    began: float
    seen: float
    draft: Draft | None = None

    def is_own_form(self, written: str) -> bool:
        """Say whether a form has the token of this session's pages."""
        return hmac.compare_digest(self.csrf.encode(), written.encode("utf-8", "replace"))

    def taken(self, path: str) -> Mapping[str, str]:
        """Return what is to stand in the form of that page, this once."""
        draft = self.draft
        if draft is None or draft.path != path:
            return {}
        self.draft = None
        return draft.fields


class Sessions:
    """All that are open."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, account: str, password: str, now: float) -> str:
        """Open one; return its name, which nobody knew before."""
        name = secrets.token_urlsafe(32)
        self._open[name] = Session(account, password, secrets.token_urlsafe(32), now, now)
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return name

    def find(self, name: str, now: float) -> Session | None:
        """Return the open session of that name."""
        session = self._open.get(name)
        if session is None:
            return None
        if now - session.seen > _IDLE or now - session.began > _LONGEST:
            del self._open[name]
            return None
        session.seen = now
        return session

    def end(self, name: str) -> None:
        """Close one."""
        self._open.pop(name, None)
