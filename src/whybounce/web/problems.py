"""What goes wrong with a request, said as a page or as problem+json (RFC 9457): what and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

_STATUS: Mapping[str, int] = {
    "not-found": HTTPStatus.NOT_FOUND,
    "no-such-cause": HTTPStatus.NOT_FOUND,
    "no-such-code": HTTPStatus.NOT_FOUND,
    "mistyped-code": HTTPStatus.BAD_REQUEST,
    "nothing-given": HTTPStatus.BAD_REQUEST,
    "binary": HTTPStatus.BAD_REQUEST,
    "no-form": HTTPStatus.BAD_REQUEST,
    "no-json": HTTPStatus.BAD_REQUEST,
    "parameter": HTTPStatus.BAD_REQUEST,
    "cannot-write": HTTPStatus.BAD_REQUEST,
    "no-target": HTTPStatus.BAD_REQUEST,
    "inside": HTTPStatus.FORBIDDEN,
    "old-form": HTTPStatus.FORBIDDEN,
    "needs-https": HTTPStatus.FORBIDDEN,
    "many-sign-ins": HTTPStatus.TOO_MANY_REQUESTS,
    "not-done": HTTPStatus.CONFLICT,
    "no-token": HTTPStatus.UNAUTHORIZED,
    "wrong-token": HTTPStatus.UNAUTHORIZED,
    "old-token": HTTPStatus.UNAUTHORIZED,
    "read-token": HTTPStatus.FORBIDDEN,
    "open-token": HTTPStatus.FORBIDDEN,
    "many-tokens": HTTPStatus.TOO_MANY_REQUESTS,
    "many-requests": HTTPStatus.TOO_MANY_REQUESTS,
    "no-such-message": HTTPStatus.NOT_FOUND,
    "no-such-block": HTTPStatus.NOT_FOUND,
    "no-such-request": HTTPStatus.NOT_FOUND,
    "no-such-condition": HTTPStatus.NOT_FOUND,
    "no-such-result": HTTPStatus.NOT_FOUND,
    "many-provoked": HTTPStatus.TOO_MANY_REQUESTS,
    "busy-provoking": HTTPStatus.SERVICE_UNAVAILABLE,
    "method": HTTPStatus.METHOD_NOT_ALLOWED,
    "too-slow": HTTPStatus.REQUEST_TIMEOUT,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too-many": HTTPStatus.TOO_MANY_REQUESTS,
    "too-often": HTTPStatus.TOO_MANY_REQUESTS,
    "many-removals": HTTPStatus.TOO_MANY_REQUESTS,
    "many-checks": HTTPStatus.SERVICE_UNAVAILABLE,
    "no-resolver": HTTPStatus.SERVICE_UNAVAILABLE,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "too-long": HTTPStatus.SERVICE_UNAVAILABLE,
    "our-fault": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_RETRY_AFTER = {
    "too-many": "2",
    "busy": "5",
    "too-often": "60",
    "many-sign-ins": "300",
    "many-tokens": "300",
    "many-requests": "60",
    "many-provoked": "60",
    "busy-provoking": "5",
    "many-removals": "3600",
    "many-checks": "5",
}  # Seconds, RFC 9110 §10.2.3.
_CHALLENGES = {
    "no-token": 'realm="whybounce"',
    "wrong-token": 'realm="whybounce", error="invalid_token"',
    "old-token": 'realm="whybounce", error="invalid_token"',
    "read-token": 'realm="whybounce", error="insufficient_scope", scope="change"',
}  # RFC 6750 §3.


@dataclass(slots=True)
class ProblemError(Exception):
    """A request that gets no answer, and why: a key of the words, with what is filled in."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    near: tuple[str, ...] = ()  # What was perhaps meant.
    kept: str = ""  # The text that came, so that the page can give it back.

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Travel between processes with every field."""
        return type(self), (self.key, self.values, self.near, self.kept)

    @property
    def status(self) -> int:
        """The status code of the answer, RFC 9110 §15."""
        return int(_STATUS[self.key])

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's header says besides."""
        said = {}
        if retry := _RETRY_AFTER.get(self.key):
            said["Retry-After"] = retry
        if challenge := _CHALLENGES.get(self.key):
            said["WWW-Authenticate"] = f"Bearer {challenge}"
        return said


KEYS = tuple(_STATUS)
