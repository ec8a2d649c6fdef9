"""Times as every language writes them: ISO dates, offsets in figures."""

from datetime import datetime, timedelta, tzinfo


def moment(time: datetime) -> str:
    """Return ``2026-03-01 14:02 (UTC+01:00)``: a time with the offset it is told in."""
    offset = time.utcoffset() or timedelta()
    written = time.isoformat(" ", "minutes")[:16]
    if not offset:
        return f"{written} (UTC)"
    sign, minutes = ("-" if offset < timedelta() else "+"), abs(offset) // timedelta(minutes=1)
    return f"{written} (UTC{sign}{minutes // 60:02d}:{minutes % 60:02d})"


def in_zone(time: datetime, zone: tzinfo) -> datetime:
    """Return the time in that zone; as it is told where that would be before year 1 or after 9999."""
    try:
        return time.astimezone(zone)
    except OverflowError:
        return time
