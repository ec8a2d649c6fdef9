"""Ids: they sort as they were given, and are the same to a person who types them."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from whybounce.gateway.store.identity import Ids, canonical, earliest, number_of, written

MOMENTS = st.integers(0, 2_000_000_000_000).map(
    lambda ms: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)


@given(st.integers(0, (1 << 63) - 1))
def test_what_is_written_is_read(number: int):
    """In any case of letters, and always of one length."""
    text = written(number)

    assert number_of(text) == number_of(text.lower()) == number
    assert len(text) == 13
    assert canonical(text.lower()) == text


@given(st.integers(0, (1 << 63) - 1), st.integers(0, (1 << 63) - 1))
def test_ids_sort_as_their_numbers(one: int, two: int):
    """So that a listing by id is one by time."""
    assert (written(one) < written(two)) == (one < two)


@given(st.text(max_size=20) | st.text("0123456789ABVWZ_ +-", min_size=13, max_size=13))
def test_what_is_no_id_is_none(text: str):
    """Whatever somebody types, nothing is raised, and nothing but an id is one."""
    number = number_of(text)

    assert number is None or written(number) == text.upper()
    assert number is not None or canonical(text) == text


@given(st.lists(MOMENTS, min_size=1, max_size=50), st.integers(0, 2**32))
def test_ids_only_grow_whatever_the_clock_does(moments: list[datetime], seed: int):
    """Within a process; after it, by the clock."""
    ids = Ids(random.Random(seed).getrandbits)  # noqa: S311  # Hypothesis chose the seed
    given_ = [ids.next(moment) for moment in moments]

    assert given_ == sorted(set(given_))
    assert number_of(given_[0]) >= earliest(moments[0])


@given(MOMENTS)
def test_an_id_of_a_later_millisecond_is_larger(moment: datetime):
    """Whatever chance gives to either."""
    highest = Ids(lambda bits: (1 << bits) - 1)
    lowest = Ids(lambda _: 0)

    assert highest.next(moment) < lowest.next(moment + timedelta(milliseconds=1))


def test_clocks_that_are_far_off_give_ids_all_the_same():
    """Before 2020, and after the bits have run out."""
    for year in (1, 1970, 9999):
        id_ = Ids(random.Random(1).getrandbits).next(datetime(year, 1, 1, tzinfo=UTC))  # noqa: S311

        assert number_of(id_) is not None
