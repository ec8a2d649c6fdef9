"""When to try again: later and later, never after the message has expired."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.store import next_try, schedules

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NEVER = NOW + timedelta(days=999)


@pytest.mark.parametrize("schedule", schedules().values(), ids=schedules())
def test_every_schedule_makes_sense(schedule):
    """Waits grow or stay, the delay is told before all is over, no two messages march in step."""
    assert all(wait > timedelta(0) for wait in schedule.waits)
    assert list(schedule.waits) == sorted(schedule.waits)
    assert schedule.tell_after < schedule.expire_after
    assert 0 < schedule.jitter < 1


def test_the_default_holds_on_as_long_as_the_rfc_asks():
    """RFC 5321 §4.5.4.1: four to five days; Exchange Online gives up after one."""
    assert schedules()["default"].expire_after == timedelta(days=5)
    assert schedules()["exchange-online"].expire_after == timedelta(hours=24)


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 3), (3, 5), (10, 240), (11, 240), (1000, 240)]
)
def test_waits_follow_the_list_and_the_last_repeats(tries, minutes):
    """Without jitter."""
    schedule = replace(schedules()["default"], jitter=0.0)
    due = next_try(schedule, tries=tries, now=NOW, expires=NEVER, chance=0.9)

    assert due - NOW == timedelta(minutes=minutes)


@given(st.sampled_from(sorted(schedules())), st.integers(1, 100), st.floats(0, 1))
def test_jitter_stays_in_its_share(name, tries, chance):
    """A wait is never a tenth longer or shorter than it is written."""
    schedule = schedules()[name]
    wait = schedule.waits[min(tries, len(schedule.waits)) - 1]
    due = next_try(schedule, tries=tries, now=NOW, expires=NEVER, chance=chance)

    assert abs(due - NOW - wait) <= wait * schedule.jitter + timedelta(microseconds=1)


@given(st.integers(1, 100), st.floats(0, 1), st.integers(-100_000, 100_000))
def test_a_message_is_due_at_the_latest_when_it_expires(tries, chance, seconds):
    """Then it is reported, and not half a wait later; and never in the past."""
    expires = NOW + timedelta(seconds=seconds)
    due = next_try(schedules()["default"], tries=tries, now=NOW, expires=expires, chance=chance)

    assert NOW <= due <= max(expires, NOW)
