"""Listeners on loopback, and certificates that nobody but these tests trusts."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from loopback import Listen, Recorder, Running
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.smtp.server import ServerSettings


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Start listeners on loopback; they are drained at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    started: list[Listener] = []

    async def start(listener: Listener) -> None:
        await listener.listen("127.0.0.1", 0)
        started.append(listener)

    def listening(handler: Recorder | None = None, **given: Any) -> Running:
        known = handler or Recorder()
        carried = {"tls_context": "tls"}
        own = {"caps", "throttle", "handler_seconds", *carried}
        settings = ServerSettings(
            host="mx.example.org",
            **{name: value for name, value in given.items() if name not in own},
        )
        listener = Listener(
            settings,
            lambda: known,
            **{carried.get(name, name): value for name, value in given.items() if name in own},
        )
        asyncio.run_coroutine_threadsafe(start(listener), loop).result(60)
        return Running(loop, listener, known)

    async def stop() -> None:
        for listener in started:
            await listener.drain(0.2)
        await asyncio.sleep(0)

    yield listening
    asyncio.run_coroutine_threadsafe(stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Make the one authority these tests trust."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Make a server's context with a certificate for mx.example.org and loopback."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mx.example.org", "localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Make a client's context that trusts the authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context
