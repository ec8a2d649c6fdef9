"""The socket of a running gateway: whoever may open it is answered, whatever they send."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from whybounce.gateway.operating import channel
from whybounce.gateway.operating.channel import (
    ChannelError,
    NobodyThereError,
    ask,
    knock,
    listening,
    user_name,
)
from whybounce.gateway.operating.requests import (
    LONGEST_REQUEST,
    Answer,
    Drain,
    Draining,
    Refused,
    Reload,
    Reloaded,
    Request,
    read_answer,
)


async def _answer(request: Request, by: str) -> Answer:
    if isinstance(request, Drain):
        return Draining(sessions=1, deliveries=2)
    if isinstance(request, Reload):
        return Reloaded(changed=(by,), at_next_start=())
    raise RuntimeError("secret")


async def _said(path: Path, octets: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(octets)
    writer.write_eof()
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_the_kernel_says_who_asks(in_memory: Path):
    """Nobody names themselves."""
    path = in_memory / "control"
    async with listening(path, _answer):
        mode = stat.S_IMODE(path.stat().st_mode)
        answer = await asyncio.to_thread(ask, path, Reload())

    assert answer == Reloaded(changed=(user_name(os.geteuid()),), at_next_start=())
    assert mode == 0o600
    assert not path.exists()


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"\n", "not understood"),
        (b"junk\xff\n", "not understood"),
        (b'{"type": "dance"}\n', "not understood"),
        (b'{"type": "trace", "wanted": 3}\n', "not understood"),
        (b'{"type": "reload", "by": "olga"}\n', "not understood"),
        (
            b'{"type": "trace", "wanted": "a", "since": "2026-11-21T00:00:00Z"}\n',
            "our fault (RuntimeError)",
        ),
    ],
)
async def test_what_is_no_request_is_refused_in_words(in_memory: Path, octets, said):
    """And the gateway goes on."""
    path = in_memory / "control"
    async with listening(path, _answer):
        answer = read_answer(await _said(path, octets))
        again = await asyncio.to_thread(ask, path, Reload())

    assert isinstance(answer, Refused)
    assert said in answer.why
    assert "secret" not in answer.why
    assert isinstance(again, Reloaded)


async def test_an_endless_line_and_silence_end_the_connection(in_memory: Path, monkeypatch):
    """Neither memory nor time is given without end."""
    monkeypatch.setattr(channel, "_PATIENCE", 0.05)
    path = in_memory / "control"
    async with listening(path, _answer):
        endless = await _said(path, b"x" * (2 * LONGEST_REQUEST))
        reader, writer = await asyncio.open_unix_connection(str(path))
        silent = await reader.read()
        writer.close()

    assert (endless, silent) == (b"", b"")


async def test_beyond_so_many_the_others_wait_their_turn(in_memory: Path, monkeypatch):
    """Whoever says nothing has his time, and then it is theirs."""
    monkeypatch.setattr(channel, "_PATIENCE", 0.5)
    path = in_memory / "control"
    async with listening(path, _answer):
        silent = [await asyncio.open_unix_connection(str(path)) for _ in range(channel._MOST)]  # noqa: SLF001  # its bound
        async with asyncio.timeout(30):
            answer = await asyncio.to_thread(ask, path, Reload())
        for _, writer in silent:
            writer.close()

    assert isinstance(answer, Reloaded)


async def test_who_drains_is_let_go_at_the_end(in_memory: Path):
    """The command waits until the gateway has ended."""
    path, asked = in_memory / "control", asyncio.Event()

    async def answer(request: Request, by: str) -> Answer:
        asked.set()
        return await _answer(request, by)

    async with listening(path, answer):
        asking = asyncio.create_task(asyncio.to_thread(ask, path, Drain(), until_over=True))
        async with asyncio.timeout(60):
            await asked.wait()
        done, _ = await asyncio.wait([asking], timeout=0.2)
        assert not done

    assert await asking == Draining(sessions=1, deliveries=2)


async def test_a_long_path_and_what_a_dead_gateway_left_are_no_hindrance(in_memory: Path):
    """A socket's address holds 108 octets; a folder's name is often longer."""
    folder = in_memory / ("long" * 40)
    folder.mkdir()
    path = folder / "control"
    left = socket.socket(socket.AF_UNIX)
    with channel._short(path) as name:  # noqa: SLF001  # as a gateway would
        left.bind(name)
    left.close()
    with pytest.raises(NobodyThereError):
        knock(path)
    async with listening(path, _answer):
        answer = await asyncio.to_thread(ask, path, Reload())
        with pytest.raises(OSError, match="another gateway"):
            async with listening(path, _answer):
                pass

    assert isinstance(answer, Reloaded)


def test_nobody_there_is_told_from_a_gateway_that_hangs_up(in_memory: Path):
    """The first is for the queue itself, the second for a person."""
    path = in_memory / "control"
    with pytest.raises(NobodyThereError, match=f"no gateway runs on {in_memory}"):
        ask(path, Reload())
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(60)
        client = channel._connect(path)  # noqa: SLF001  # so that one waits to be taken
        server.accept()[0].close()
        client.close()
    with pytest.raises(ChannelError):
        ask(path, Reload())


def test_an_answer_of_another_release_is_refused_in_words():
    """Not with a traceback."""
    answer = read_answer(b'{"type": "novelty"}\n')

    assert isinstance(answer, Refused)
    assert "another release" in answer.why
