"""Times as programs get them."""

from datetime import datetime
from typing import overload

from msgspec import to_builtins


@overload
def timestamp(time: datetime) -> str: ...
@overload
def timestamp(time: datetime | None) -> str | None: ...
def timestamp(time: datetime | None) -> str | None:
    """Return a time in UTC as RFC 3339 §5.6 writes it, to the second; None of none."""
    if time is None:
        return None
    # A twentieth of isoformat's time.
    written: str = to_builtins(time.replace(microsecond=0) if time.microsecond else time)
    return written
