"""What every answer carries in its header.

The policy lets a page have its own style sheet, its own script and nothing else from anywhere; a
frame has what it is given and may run nothing.
"""

from collections.abc import Iterable, Mapping

Row = tuple[bytes, bytes]  # A header field's name in lower case, and what it says.

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# Of a notice or a stranger's page in a frame: its own styles, no script, nothing fetched.
FRAMED = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

ALWAYS: tuple[Row, ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cache-control", b"no-store"),
)

# Pages of other sites may read the answers of the interface for programs: nothing there changes anything.
OPEN_TO_OTHERS: tuple[Row, ...] = (*ALWAYS, (b"access-control-allow-origin", b"*"))

# The answer to the question whether they may ask.
LEAVE_TO_ASK: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "accept, content-type",
    "Access-Control-Max-Age": "86400",
}


def completed(headers: Iterable[Row], rows: Iterable[Row]) -> list[Row]:
    """Return an answer's own header fields with those of the rows that it lacks."""
    own = list(headers)
    names = {name for name, _ in own}
    return own + [row for row in rows if row[0] not in names]
