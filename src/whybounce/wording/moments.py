"""Times and spans as every language writes them: ISO dates, offsets in figures, SI's letters."""

from datetime import datetime, timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def moment(time: datetime) -> str:
    """Return ``2026-03-01 14:02 (UTC+01:00)``: a time with the offset it is told in."""
    offset = time.utcoffset() or timedelta()
    written = time.isoformat(" ", "minutes")[:16]
    if not offset:
        return f"{written} (UTC)"
    sign, minutes = ("-" if offset < timedelta() else "+"), abs(offset) // timedelta(minutes=1)
    return f"{written} (UTC{sign}{minutes // 60:02d}:{minutes % 60:02d})"


def span(seconds: float) -> str:
    """Return ``2 min 5 s``: the two largest units; below one second, tenths."""
    if seconds < 1:
        return f"{seconds:.1f} s" if seconds else "0 s"
    left = round(seconds)
    parts = []
    for unit, length in _UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
