"""Hints wake whoever waits, and are never missed for good."""

import asyncio

import pytest

from whybounce.gateway.store.hints import Hints


async def test_everyone_who_waits_is_woken():
    """Several tasks may wait."""
    hints = Hints()
    waiting = [asyncio.create_task(hints.after(0)) for _ in range(3)]
    await asyncio.sleep(0)
    hints.give()

    assert await asyncio.wait_for(asyncio.gather(*waiting), 60) == [1, 1, 1]


async def test_a_hint_that_came_before_one_waited_is_not_missed():
    """One says which was the last one seen."""
    hints = Hints()
    hints.give()

    assert await asyncio.wait_for(hints.after(0), 60) == 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hints.after(1), 0.01)
