"""Times as programs get them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from whybounce.wire.times import timestamp


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (datetime(2026, 3, 1, 14, 2, 5, tzinfo=UTC), "2026-03-01T14:02:05Z"),
        (datetime(2026, 3, 1, 14, 2, 5, 999_999, tzinfo=UTC), "2026-03-01T14:02:05Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (None, None),
    ],
)
def test_a_time_is_written_to_the_second(time: datetime | None, written: str | None):
    """The year has four digits, and what is not there stays so."""
    assert timestamp(time) == written


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_can_be_read(time: datetime):
    """RFC 3339 §5.6."""
    assert datetime.fromisoformat(timestamp(time)) == time.replace(microsecond=0)
