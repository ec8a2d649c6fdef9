"""What stands before a body is bounded: how long a header is, and how long it takes."""

import json
import socket
from http.client import HTTPResponse
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest

from whybounce.web import serving

REQUEST = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def connection(site):
    """Return a connection to the site."""
    address = urlsplit(site)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        yield connection


def _sent(connection: socket.socket, data: bytes) -> bytes:
    """Send as much as is taken; return the first that comes back, or nothing where it is closed."""
    try:
        connection.sendall(data)
        return connection.recv(65_536)
    except ConnectionError:
        return b""


def test_a_header_that_never_ends_is_cut_off(connection):
    """Before it fills the memory; ten megabytes are not read."""
    answer = _sent(connection, REQUEST + b"X-Long: " + b"x" * 10_000_000)

    assert answer in {b"", serving._TOO_LARGE}  # noqa: SLF001  # who is still sending may not see it


def test_a_long_address_is_a_long_header(connection):
    """The request line counts."""
    answer = _sent(connection, b"GET /" + b"x" * 70_000)

    assert answer == serving._TOO_LARGE  # noqa: SLF001  # ours


def test_a_header_that_stops_coming_ends_the_connection(site, monkeypatch):
    """As does a connection on which nothing is said."""
    monkeypatch.setattr(serving, "_SECONDS_FOR_HEADER", 0.2)
    address = urlsplit(site)
    for beginning in (b"", REQUEST):
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            assert _sent(connection, beginning) == b""


def test_a_connection_that_goes_on_asking_is_kept(connection, monkeypatch):
    """Each header has its own time and its own length."""
    monkeypatch.setattr(serving, "LONGEST_HEADER", 3 * len(REQUEST))
    for _ in range(20):
        connection.sendall(REQUEST + b"\r\n")
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.read()[:4]) == (200, b"User")


def _asked(text: bytes) -> bytes:
    length = b"Content-Length: %d\r\n\r\n" % len(text)
    return b"POST /api/v1/explain HTTP/1.1\r\nHost: x\r\n" + length + text


@pytest.mark.parametrize("cut", [0, 1, 60, 110, 200], ids=lambda cut: f"after-{cut}")
def test_requests_behind_one_another_are_answered_each_by_its_own_body(connection, cut):
    """Wherever the network cuts them: what is whole already, and what is still to come."""
    texts = [b"550 5.1.1 User unknown", b"552 5.2.2 Mailbox full", b"450 4.2.1 Try later"]
    sent = b"".join(map(_asked, texts))
    for piece in (sent[:cut], sent[cut:]):
        connection.sendall(piece)
    with connection.makefile("rb") as received:
        for text in texts:
            assert json.loads(_answered(received))["input"] == text.decode()


def _answered(received: BinaryIO) -> bytes:
    """Return the body of the next answer."""
    header = b"".join(iter(received.readline, b"\r\n")).lower()
    return received.read(int(header.partition(b"content-length: ")[2].split()[0]))


def test_what_is_no_http_is_answered_and_ended(connection):
    """With 400, and no word of what we run."""
    answer = _sent(connection, b"\x16\x03\x01\x02\x00\x01\x00")

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"server:" not in answer.lower()
