"""Whether mail may be given, judged from facts; and by a gateway whose queue takes nothing."""

import asyncio
import json
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from serving import configured, running_demonstration
from whybounce.gateway.config import Health as Limits
from whybounce.gateway.operating.attending import Remembered
from whybounce.gateway.operating.health import Facts, Standing, judge
from whybounce.gateway.values import Duration, Size

LIMITS = Limits(disk_free=Size(256 << 20), lag=Duration(seconds=5))
LATE = "Writing to the queue took 6.500 seconds, more than the 5 allowed; 3 operations wait."
SILENT = "The name server does not answer, so mail to other systems waits: silence."


@pytest.mark.parametrize(
    ("facts", "standing", "reasons"),
    [
        (Facts(), Standing.OK, ()),
        (
            Facts(trouble="full: database or disk is full"),
            Standing.FAILING,
            ("Nothing can be put into the queue: full: database or disk is full.",),
        ),
        (
            Facts(damage="page 7"),
            Standing.DEGRADED,
            ("A part of the queue is damaged, and what is in it is passed over: page 7.",),
        ),
        (Facts(seconds=5, waiting=3), Standing.OK, ()),
        (
            Facts(seconds=6.5, waiting=3),
            Standing.FAILING,
            (LATE,),
        ),
        (Facts(free={"/var": 256 << 20}), Standing.OK, ()),
        (
            Facts(free={"/var": (256 << 20) - 1}),
            Standing.FAILING,
            ("There are only 255 MB free in /var; 256 MB are needed.",),
        ),
        (
            Facts(listeners={"a": True, "b": False}),
            Standing.FAILING,
            ("The listener b takes no connections.",),
        ),
        (
            Facts(listeners={"a": False}, stopping=True),
            Standing.FAILING,
            ("The gateway is stopping: the listener a takes no more connections.",),
        ),
        (
            Facts(outbound="RuntimeError", resolver="silence"),
            Standing.FAILING,
            ("No mail is delivered any more: RuntimeError.", SILENT),
        ),
        (Facts(resolver="silence"), Standing.DEGRADED, (SILENT,)),
    ],
)
def test_what_is_found_is_judged_and_the_worst_is_told_first(facts, standing, reasons):
    """What keeps mail from being kept is failing; what only delays it is not."""
    health = judge(facts, LIMITS)

    assert (health.standing, health.reasons) == (standing, reasons)
    assert health.as_dict()["status"] == standing


async def test_a_gateway_whose_queue_takes_nothing_says_so_and_recovers(in_memory: Path):
    """The page is 503 with the reason, and 200 again once the queue works."""
    config = configured(in_memory, more='[health]\nlag = "1s"\n')
    async with running_demonstration(config) as gateway:
        url = f"http://{gateway.pages}/health"
        before = await asyncio.to_thread(_get, url)
        other = sqlite3.connect(in_memory / "data" / "queue.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # Somebody else writes, and does not come to an end.
        during = await _until(url, 503)
        other.execute("ROLLBACK")
        other.close()
        after = await _until(url, 200)

    assert (before[0], before[1]["status"]) == (200, "degraded")
    assert before[1]["reasons"][0].startswith("The name server does not answer")
    assert during["status"] == "failing"
    assert "queue" in during["reasons"][0]
    assert after["status"] == "degraded"


async def _until(url: str, status: int) -> dict:
    async with asyncio.timeout(60):
        while (found := await asyncio.to_thread(_get, url))[0] != status:  # noqa: ASYNC110  # it asks
            await asyncio.sleep(0.2)
    return found[1]


def _get(url: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(url, timeout=60) as page:  # noqa: S310  # our own page
            return page.status, json.loads(page.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


async def test_several_who_ask_at_once_share_one_finding_out():
    """And who asks a moment later is told what was found."""
    asked = 0

    async def find() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return asked

    kept = Remembered(find, 60)
    at_once = await asyncio.gather(kept.get(), kept.get(), kept.get())
    later = await kept.get()
    anew = Remembered(find, -1)

    assert (at_once, later) == ([1, 1, 1], 1)
    assert (await anew.get(), await anew.get()) == (2, 3)
