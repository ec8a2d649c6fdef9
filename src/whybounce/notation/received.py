"""The Received field: one step of a message's way, RFC 5321 §4.4."""

import re
from datetime import UTC, datetime

from whybounce.vocabulary.report import Hop

_FROM = re.compile(r"\bfrom\s+(\S{1,255})", re.IGNORECASE)
_BY = re.compile(r"\bby\s+(\S{1,255})", re.IGNORECASE)
_WITH = re.compile(r"\bwith\s+(\S{1,100}(?:\s+SMTP\s+Server)?)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,2000}\)")
_LONGEST = 8192


def read_received(value: str) -> Hop:
    """Return the step that the field's value describes; what it does not say is None."""
    value = value[:_LONGEST]
    clauses, _, stamp = value.rpartition(";")
    bare = _COMMENT.sub(" ", _COMMENT.sub(" ", clauses))
    return Hop(
        from_=_first(_FROM, bare),
        by=_first(_BY, bare),
        protocol=_first(_WITH, bare),
        time=read_date(stamp),
    )


def _first(pattern: re.Pattern[str], clauses: str) -> str | None:
    match = pattern.search(clauses)
    return match[1].strip("<>;,") or None if match else None


def read_date(stamp: str) -> datetime | None:
    """Return the date of RFC 5322 §3.3 in UTC, or None where it is none."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # 15 ms nobody else needs

    try:
        date = parsedate_to_datetime(stamp.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # RFC 5322 §3.3: -0000 says nothing about the local zone; the time itself is UTC.
    try:
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_timestamp(stamp: str) -> datetime | None:
    """Return the date of RFC 3339 §5.6 in UTC, or None where it is none."""
    try:
        date = datetime.fromisoformat(stamp.strip())
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
