"""The Received field: one step of a message's way, RFC 5321 §4.4."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from whybounce.vocabulary.report import Hop

_COMMENT = re.compile(r"\([^()]{0,2000}\)")
_LONGEST = 8192
_DEEPEST = 2  # Comments within comments.

# The date as nearly everybody writes it: "Sun, 1 Nov 2026 10:00:00 +0000 (UTC)".
_USUAL_DATE = re.compile(
    r"\s*+(?:[A-Za-z]{3}(?:,\s*+|\s++))?(\d{1,2})\s++([A-Za-z]{3})\s++([12]\d{3})\s++(\d\d:\d\d(?::\d\d)?)\s++([+-]\d{4})"
    r"\s*+(?:\([^()]{0,100}+\)\s*+)?",
    re.ASCII,
)
_MONTHS = {
    "jan": "01", "feb": "02", "mar": "03", "apr": "04", "may": "05", "jun": "06",
    "jul": "07", "aug": "08", "sep": "09", "oct": "10", "nov": "11", "dec": "12",
}  # fmt: skip


def read_received(value: str, before: datetime | None = None) -> Hop:
    """Return the step that the field's value describes; what it does not say is None.

    ``before`` is the time of the step before it.
    """
    clauses, _, stamp = value[:_LONGEST].rpartition(";")
    clauses = _without_comments(clauses)
    words, keywords = clauses.split(), clauses.lower().split()
    protocol = _bare(_clause("with", keywords, words))
    if protocol == "Microsoft" and _clause("microsoft", keywords, words) == "SMTP":
        protocol = "Microsoft SMTP Server"
    time = read_date(stamp)
    return Hop(
        from_=_bare(_clause("from", keywords, words)),
        by=_bare(_clause("by", keywords, words)),
        protocol=protocol,
        time=time,
        relay_seconds=(time - before).total_seconds() if time and before else None,
    )


def _clause(keyword: str, keywords: list[str], words: list[str]) -> str | None:
    """Return the word that follows the keyword, RFC 5321 §4.4; of one said twice the first counts."""
    if keyword not in keywords:
        return None
    place = keywords.index(keyword) + 1
    return words[place] if place < len(words) else None


def _without_comments(clauses: str) -> str:
    for _ in range(_DEEPEST):
        if "(" not in clauses:
            break
        clauses = _COMMENT.sub(" ", clauses)
    return clauses


def _bare(word: str | None) -> str | None:
    return word.strip("<>;,")[:255] or None if word else None


def read_date(stamp: str) -> datetime | None:
    """Return the date of RFC 5322 §3.3 in UTC, or None where it is none."""
    if not stamp:
        return None
    usual = _USUAL_DATE.fullmatch(stamp)
    try:
        if usual is None:
            return _read_odd_date(stamp)
        day, name, year, time, zone = usual.groups()
        month = _MONTHS[name.lower()]
        local = datetime.fromisoformat(f"{year}-{month}-{day.zfill(2)}T{time}+00:00")
        return local - _offset(zone)
    except (ValueError, TypeError, LookupError, OverflowError):
        return None


@lru_cache(maxsize=1024)  # A few dozen are in use; a stranger can write thousands.
def _offset(zone: str) -> timedelta:
    return datetime.fromisoformat(f"2000-01-01T00:00{zone}").utcoffset() or timedelta()


def _read_odd_date(stamp: str) -> datetime:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # 15 ms nobody else needs

    date = parsedate_to_datetime(stamp.strip())
    if 100 <= date.year < 1000:  # RFC 5322 §4.3: a year of three digits counts from 1900.
        date = date.replace(year=1900 + date.year)
    return _in_utc(date)


def read_timestamp(stamp: str) -> datetime | None:
    """Return the date of RFC 3339 §5.6 in UTC, or None where it is none."""
    try:
        return _in_utc(datetime.fromisoformat(stamp.strip()))
    except (ValueError, OverflowError):
        return None


def _in_utc(date: datetime) -> datetime:
    """Return the same time in UTC; -0000 says nothing about the local zone, RFC 5322 §3.3."""
    if date.tzinfo is UTC:
        return date
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
