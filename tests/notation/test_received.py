"""Dates are in UTC, whoever wrote them, and None where there is none."""

import pytest

from whybounce.notation import read_date, read_timestamp

TIMESTAMPS = {
    "2026-11-01T10:00:30.000Z": "2026-11-01T10:00:30+00:00",
    "2026-11-01T10:00:30Z": "2026-11-01T10:00:30+00:00",
    " 2026-11-01T10:00:30Z\n": "2026-11-01T10:00:30+00:00",
    "2026-11-01T10:00:30+02:00": "2026-11-01T08:00:30+00:00",
    "2026-11-01T23:30:00-01:00": "2026-11-02T00:30:00+00:00",
    "2026-11-01T10:00:30": "2026-11-01T10:00:30+00:00",
    "2026-13-01T10:00:30Z": None,
    "yesterday": None,
    "": None,
}

DATES = {
    "Sun, 1 Nov 2026 10:00:00 +0200": "2026-11-01T08:00:00+00:00",
    "Sun, 1 Nov 2026 10:00:00 -0000": "2026-11-01T10:00:00+00:00",
    "1 Nov 2026 10:00:00 GMT (winter)": "2026-11-01T10:00:00+00:00",
    "Sun, 31 Feb 2026 10:00:00 +0000": None,
    "yesterday": None,
    "": None,
}


@pytest.mark.parametrize(("written", "utc"), TIMESTAMPS.items(), ids=TIMESTAMPS)
def test_a_timestamp_is_read_in_utc(written, utc):
    """RFC 3339 §5.6, as programs write it."""
    read = read_timestamp(written)

    assert utc == (read.isoformat() if read else None)


@pytest.mark.parametrize(("written", "utc"), DATES.items(), ids=DATES)
def test_a_date_is_read_in_utc(written, utc):
    """RFC 5322 §3.3, as mails have it."""
    read = read_date(written)

    assert utc == (read.isoformat() if read else None)
