"""Work in other processes: what is short, late, too much, or falls over."""

import asyncio
import multiprocessing

import pytest

from jobs import die, fail, refuse, say_what_nobody_can_read, sleep, whose
from whybounce.web.problems import ProblemError
from whybounce.web.thinking import SHORT, FellOverError, Thinking

LONG = SHORT + 1


@pytest.fixture(scope="module")
def thinking():
    """Return one process with room for one more to wait."""
    thinking = Thinking(processes=1, waiting=1, seconds=60)
    yield thinking
    thinking.close()


def test_short_work_is_done_here_and_long_work_elsewhere(thinking):
    """In one process that is used again."""
    here = asyncio.run(thinking.do(SHORT, whose))
    there = asyncio.run(thinking.do(LONG, whose))
    again = asyncio.run(thinking.do(LONG, whose))

    assert here == whose()
    assert there == again != here


def test_a_process_is_ready_before_it_is_needed(thinking):
    """Whoever comes first does not wait for it to start."""
    thinking.prepare()

    assert asyncio.run(thinking.do(LONG, whose)) != whose()


def test_what_the_work_refuses_is_refused_with_all_it_says(thinking):
    """Across processes."""
    with pytest.raises(ProblemError) as caught:
        asyncio.run(thinking.do(LONG, refuse))

    assert (caught.value.key, dict(caught.value.values)) == ("no-json", {"what": "x"})
    assert (caught.value.near, caught.value.kept) == (("y",), "z")


def test_work_that_falls_over_tells_how_and_not_about_what(thinking):
    """What was sent never gets into a log."""
    with pytest.raises(FellOverError) as caught:
        asyncio.run(thinking.do(LONG, fail))

    assert str(caught.value) == "ZeroDivisionError in fail"


def test_work_that_takes_too_long_is_ended_and_the_next_is_done(thinking):
    """With its process; so is one that has died."""
    hasty = Thinking(processes=1, waiting=1, seconds=2.0)
    try:
        with pytest.raises(ProblemError) as caught:
            asyncio.run(hasty.do(LONG, sleep, 60))
        after_it = asyncio.run(hasty.do(LONG, whose))
    finally:
        hasty.close()
    with pytest.raises(FellOverError):
        asyncio.run(thinking.do(LONG, die))

    assert caught.value.key == "too-long"
    assert after_it != whose()
    assert asyncio.run(thinking.do(LONG, whose)) != whose()


def test_so_much_waits_and_no_more(thinking):
    """The third is told to come back."""

    async def three() -> list[object]:
        works = (thinking.do(LONG, sleep, 0.2) for _ in range(3))
        return await asyncio.gather(*works, return_exceptions=True)

    first, second, third = asyncio.run(three())

    assert first == second == b"slept"
    assert isinstance(third, ProblemError)
    assert third.key == "busy"


def test_a_process_whose_answer_cannot_be_read_is_not_left_behind(thinking):
    """Neither used again nor forgotten."""
    pid = int(asyncio.run(thinking.do(LONG, whose)))
    with pytest.raises(LookupError):
        asyncio.run(thinking.do(LONG, say_what_nobody_can_read))

    assert pid not in [process.pid for process in multiprocessing.active_children()]
    assert int(asyncio.run(thinking.do(LONG, whose))) != pid
