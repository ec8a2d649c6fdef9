"""What threads do for the event loop, and what of it is left where nobody waits any more."""

import asyncio
from typing import TypeVar

Result = TypeVar("Result")


async def to_its_end(running: "asyncio.Future[Result]") -> Result:
    """Wait for what a thread does. Cancelled, it ends all the same, and only then does the waiting.

    So nobody closes or removes a file that the thread still opens, or writes to.
    """
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise
