"""The Received field is a hop, and dates are read however they are written."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import read_date, read_received, read_timestamp


def test_a_received_field_is_a_hop_in_utc():
    """From, by, protocol, and the time whatever the zone it was written in."""
    hop = read_received(
        "from a.example (a.example [192.0.2.1]) by b.example (Postfix) with ESMTPS id 4F1 "
        "for <anna@example.org>; Sun, 1 Nov 2026 10:00:00 +0200 (CEST)"
    )

    assert (hop.from_, hop.by, hop.protocol) == ("a.example", "b.example", "ESMTPS")
    assert hop.time.isoformat() == "2026-11-01T08:00:00+00:00"


def test_a_received_field_without_sense_is_an_empty_hop():
    """What it does not say is None."""
    hop = read_received("whatever; not a date")

    assert (hop.from_, hop.by, hop.protocol, hop.time) == (None, None, None, None)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), st.integers(-1400, 1400))  # noqa: DTZ001  # the zone is the other argument
def test_a_date_is_read_as_the_standard_library_reads_it(naive, minutes):
    """The usual way of writing takes a short cut to the same time."""
    zone = timezone(timedelta(minutes=minutes))
    written = format_datetime(naive.replace(microsecond=0, tzinfo=zone))

    assert read_date(written) == parsedate_to_datetime(written).astimezone(UTC)
    assert read_date(f" {written} (a comment)") == read_date(written)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("1 Nov 2026 10:00 -0000", "2026-11-01T10:00:00+00:00"),
        ("Sun, 01 Nov 2026 10:00:00 GMT", "2026-11-01T10:00:00+00:00"),
        ("Sun, 1 Nov 26 10:00:00 +0100", "2026-11-01T09:00:00+00:00"),
        ("1 Nov 126 10:00:00 +0000", "2026-11-01T10:00:00+00:00"),
        ("Sun Nov  1 10:00:00 2026", "2026-11-01T10:00:00+00:00"),
    ],
)
def test_odd_dates_are_read_too(written, utc):
    """What is not written the usual way is the library's business."""
    assert read_date(written).isoformat() == utc


@pytest.mark.parametrize(
    "written", ["", "Sun, 31 Feb 2026 10:00:00 +0000", "1 Nov 2026 25:00:00 +0000", "1 Foo 2026"]
)
def test_what_is_no_date_is_none(written):
    """Not a guess."""
    assert read_date(written) is None


@given(st.text())
def test_no_text_makes_reading_a_received_field_raise(text):
    """Whatever it is, a hop comes back."""
    hop = read_received(text)

    assert hop.relay_seconds is None


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
