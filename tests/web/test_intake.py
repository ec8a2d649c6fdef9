"""How much may be sent: too large, too slowly, too much at once."""

import itertools
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest

from website import large_bounce
from whybounce.web import intake


def _connected(site: str) -> socket.socket:
    address = urlsplit(site)
    return socket.create_connection((address.hostname, address.port), timeout=60)


def test_a_paste_of_a_hundred_megabytes_is_refused_with_a_page(client):
    """The page says how much is read, and what to do; the first lines stay in the box."""
    first, line = "550 5.1.1 <ånna@example.org> ".encode(), "ö".encode() * 99 + b"\n"
    piece = line * 5_000
    answer = client.post(
        "/",
        content=itertools.chain([first], (piece for _ in range(105))),
        headers={
            "Content-Type": "text/plain",
            "Content-Length": str(len(first) + 105 * len(piece)),
        },
    )
    box = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)

    assert answer.status_code == 413
    assert "That is too large" in answer.text
    assert "At most 25 MB are read" in answer.text
    assert "Go back" in answer.text
    assert box
    assert unescape(box[1]).lstrip().startswith("550 5.1.1 <ånna@example.org> öö")
    assert 1_000 < len(box[1]) < 300_000


def test_a_body_of_unknown_length_is_bounded_too(client):
    """Chunked, RFC 9112 §7.1; below /api/ it is a problem."""
    answer = client.post("/api/v1/read", content=(b"x" * 1024 * 1024 for _ in range(26)))

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_waits_for_leave_is_refused_at_once(site):
    """Expect: 100-continue, RFC 9110 §10.1.1: not an octet is sent in vain."""
    with _connected(site) as connection:
        connection.sendall(
            b"POST /api/v1/read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 50000000\r\n\r\n"
        )
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_that_stops_coming_is_not_waited_for(site, monkeypatch):
    """Whoever sends a word and then nothing holds nobody up for long."""
    monkeypatch.setattr(intake, "_SECONDS_BETWEEN", 0.2)
    with _connected(site) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 408")


def test_one_client_has_so_many_large_bodies_here_and_no_more(site):
    """The fifth is told to come back; when one is gone there is room again."""
    head = b"POST /api/v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc"
    waiting = [_connected(site) for _ in range(4)]
    try:
        for connection in waiting:
            connection.sendall(head)
        refused = _until(site, 429)
    finally:
        for connection in waiting:
            connection.close()
    served = _until(site, 200)

    assert refused.headers["retry-after"] == "2"
    assert refused.json()["title"] == "You are asking for many things at once"
    assert served.status_code == 200


def _until(site: str, status: int) -> httpx.Response:
    """Ask until the server has seen what the connections did."""
    deadline = time.monotonic() + 60
    while True:
        answer = httpx.post(f"{site}/api/v1/explain", content=b"550 5.1.1 x\n" * 8000, timeout=60)
        if answer.status_code == status or time.monotonic() > deadline:
            return answer


def test_small_questions_are_answered_while_large_ones_are_read(site):
    """Reading ten megabytes is another process's work."""
    mail = large_bounce(10)
    with ThreadPoolExecutor(1) as threads:
        large = threads.submit(httpx.post, f"{site}/api/v1/read", content=mail, timeout=120)
        took = []
        while not large.done():
            start = time.perf_counter()
            assert httpx.get(f"{site}/api/v1/explain?text=5.7.1", timeout=120).status_code == 200
            took.append(time.perf_counter() - start)

    assert large.result().status_code == 200
    assert sorted(took)[len(took) // 2] < 5


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ],
)
def test_a_household_is_oneclient_of(one, other, same):
    """An IPv6 network of 64 bits is one; an IPv4 address is one."""
    found = [intake.client_of({"client": (address, 1)}) for address in (one, other)]

    assert (found[0] == found[1]) is same
