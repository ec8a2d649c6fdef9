"""The pages of health and metrics: whoever holds connections open keeps others out, and the gateway whole."""

import asyncio

from whybounce.gateway.operating import pages
from whybounce.gateway.operating.health import Health, Standing


async def _status(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    try:
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


async def test_beyond_so_many_connections_the_answer_is_503():
    """And when they have gone, the page is there."""

    async def health() -> Health:
        return Health(Standing.OK, ())

    async def metrics() -> bytes:
        return b"x 1\n"

    async with (
        asyncio.timeout(60),
        pages.served(pages.pages(health, metrics), "127.0.0.1", 0) as port,
    ):
        while True:  # It listens a moment later.
            try:
                assert await _status(port) == 200
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                break
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(pages._MOST)]  # noqa: SLF001  # its bound
        full = await _status(port)
        for _, writer in held:
            writer.close()
        while (again := await _status(port)) == 503:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.05)

    assert (full, again) == (503, 200)
