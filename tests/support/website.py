"""The site as it is served, on a free port of loopback, and a client without a browser."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from whybounce.checking.lookups import Resolver
from whybounce.provoking.name_server import NameServer, Records
from whybounce.web.serving import server


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve the application in a thread; yield its address."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    running = server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not running.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in time"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join(60)
    listening.close()


@contextmanager
def name_server(records: Records) -> Iterator[Resolver]:
    """Serve the records from a thread with a loop of its own; yield a resolver that asks there."""
    loop = asyncio.new_event_loop()
    server = NameServer(records)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield Resolver("127.0.0.1", server.port, seconds=8)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


def large_bounce(megabytes: int) -> bytes:
    """Return a bounce that carries its original with an attachment of so many megabytes."""
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n"
    return (
        b"From: MAILER-DAEMON@example.net\r\nTo: bob@alpine.example\r\nSubject: Undelivered\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.net\r\n\r\n"
        b"Final-Recipient: rfc822; anna@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 <anna@example.org>: User unknown\r\n\r\n"
        b"--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: bob@alpine.example\r\nSubject: Photos\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + line * (megabytes * 1024 * 1024 // len(line))
        + b"\r\n--x--\r\n"
    )
