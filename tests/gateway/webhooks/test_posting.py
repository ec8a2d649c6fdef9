"""A call goes where it may, and nowhere else: real connections on loopback, a DNS of our own."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address

import pytest
import trustme

from hooks import Hook, answering, hooked
from whybounce.checking.lookups import Resolver
from whybounce.checking.subjects import is_public
from whybounce.checking.tls import verifying_context
from whybounce.gateway.webhooks.posting import Poster
from whybounce.provoking.name_server import NameServer, Records

CONTEXT = verifying_context(None)


@asynccontextmanager
async def posting() -> AsyncIterator[Poster]:
    """Yield what posts, with a DNS that leads names into our own network."""
    records = Records()
    records.add("crm.example", "A", "127.0.0.1")
    records.add("mapped.example", "AAAA", "::ffff:127.0.0.1")
    records.add("metadata.example", "A", "169.254.169.254")
    dns = NameServer(records)
    await dns.start()
    try:
        yield Poster(Resolver("127.0.0.1", dns.port, seconds=30), CONTEXT, seconds=60)
    finally:
        await dns.stop()


async def _posted(
    poster: Poster, hook: Hook, *, host: str = "127.0.0.1", private: bool = True
) -> str | None:
    url = f"http://{host}:{hook.port}/hooks/in?key=hidden"
    return await poster.post(url, {"webhook-id": "1"}, b"{}", private=private)


async def test_a_call_that_is_answered_2xx_was_taken():
    """It is one POST of JSON, to the host by its name."""
    async with posting() as poster, hooked() as hook:
        fault = await _posted(poster, hook, host="crm.example")

    assert fault is None
    assert hook.bodies == [b"{}"]
    assert hook.headers[0][""] == "POST /hooks/in?key=hidden HTTP/1.1"
    assert hook.headers[0]["host"] == f"crm.example:{hook.port}"
    assert hook.headers[0]["webhook-id"] == "1"


@pytest.mark.parametrize(
    "host", ["crm.example", "mapped.example", "metadata.example", "127.0.0.1", "[::1]", "localhost"]
)
async def test_nothing_in_our_own_network_is_connected_to(host):
    """However it is named: the address that would be connected to is looked at."""
    async with posting() as poster, hooked() as hook:
        fault = await _posted(poster, hook, host=host, private=False)

    assert "is not public" in fault
    assert hook.bodies == []


async def test_nobody_is_followed_elsewhere():
    """A redirect could lead into our own network."""
    async with posting() as poster, hooked() as other:
        away = answering("302 Found", f"Location: http://127.0.0.1:{other.port}/")
        async with hooked(away) as hook:
            fault = await _posted(poster, hook)

    assert "302: it leads elsewhere, and is not followed" in fault
    assert other.bodies == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answering("500 No"), "answers 500"),
        (answering("410 Gone"), "answers 410"),
        (b"nonsense\r\n\r\n", "127.0.0.1 [127.0.0.1]: "),
    ],
)
async def test_what_is_no_success_is_told_without_the_address_of_the_page(answer, said):
    """People put keys into it."""
    async with posting() as poster, hooked(answer) as hook:
        fault = await _posted(poster, hook)

    assert said in fault
    assert "hidden" not in fault


async def test_who_does_not_answer_is_waited_for_a_bounded_time():
    """And so is who sends an answer that never ends: of that the status is all that is read."""
    poster = Poster(Resolver("127.0.0.1", 1), CONTEXT, seconds=0.3)
    async with hooked(b"") as silent:
        fault = await _posted(poster, silent)
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nand so on"
    async with hooked(endless) as talkative, posting() as patient:
        taken = await _posted(patient, talkative)

    assert "127.0.0.1" in fault
    assert taken is None


async def test_who_is_not_there_is_told_so():
    """A name without an address, and a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
    async with posting() as poster, asyncio.timeout(30):
        unnamed = await poster.post("https://nowhere.example/", {}, b"", private=False)
        closed = await poster.post(f"http://127.0.0.1:{port}/", {}, b"", private=True)

    assert unnamed == "nowhere.example has no address"
    assert closed.startswith("127.0.0.1 [127.0.0.1]: ")


async def test_a_host_proves_its_name():
    """To whom nobody vouches for, nothing is said; and to whom somebody does, all is."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("crm.example").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with posting() as poster, hooked(tls=server) as hook:
        trusted = replace(poster, context=trusting)
        unknown = await poster.post(f"https://crm.example:{hook.port}/", {}, b"1", private=True)
        misnamed = await trusted.post(f"https://127.0.0.1:{hook.port}/", {}, b"2", private=True)
        proved = await trusted.post(f"https://crm.example:{hook.port}/", {}, b"3", private=True)

    assert "certificate verify failed" in unknown
    assert "certificate verify failed" in misnamed
    assert proved is None
    assert hook.bodies == [b"3"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # looked at, not listened at
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:a00:1::", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
    ],
)
def test_which_addresses_everybody_knows(address, public):
    """Also by the IPv4 address inside of one."""
    assert is_public(ip_address(address)) is public
