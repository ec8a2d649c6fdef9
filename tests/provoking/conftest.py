"""A demonstration on free ports, whose patience is short: one for all tests of a module."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from whybounce.provoking import demonstration as module
from whybounce.provoking.demonstration import Demonstration, demonstration


@pytest.fixture(scope="module")
def running() -> Iterator[Demonstration]:
    """Run it in a thread of its own, as the command does in a process of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="whybounce-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        hasty = Path(folder) / "hasty.toml"
        hasty.write_text(
            module.FILE.read_text(encoding="utf-8")
            .replace('waits = ["1s", "2s"]', 'waits = ["1s"]')
            .replace('delay-notice = "6s"', 'delay-notice = "1s"')
            .replace('expire = "12s"', 'expire = "6s"')
        )
        patch.setattr(module, "FILE", hasty)
        started: Future[tuple[Demonstration, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(_run(Path(folder), started)))
        thread.start()
        shown, loop, stop = started.result(60)
        yield shown
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)


async def _run(folder: Path, started: Future) -> None:
    try:
        async with demonstration(folder, {}, inbound=0, submission=0) as shown:
            stop = asyncio.Event()
            started.set_result((shown, asyncio.get_running_loop(), stop))
            await stop.wait()
    except BaseException as error:
        if not started.done():
            started.set_exception(error)
        raise
