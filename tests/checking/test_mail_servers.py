"""What mail servers show: real ones on loopback, right and wrong in each way there is."""

import asyncio
import socket
import ssl
import warnings
from datetime import timedelta

import pytest

from certificates import TODAY, issued, root, serving
from shown_hosts import Hosts, hosts, trusted
from whybounce.checking.certificate import certificate
from whybounce.checking.mail_servers import Contact, MailServer, Reach, visit
from whybounce.checking.port_25 import port_25
from whybounce.checking.starttls import starttls
from whybounce.provoking.mail_server import Behaviour

NAME = "mx.contoso.example"


async def shown(there: Hosts, *names: str, **more: object) -> list[MailServer]:
    """Return how the servers show themselves."""
    reach = there.reach(**more)
    return [await visit(name, [there.addresses[name]], reach) for name in names or (NAME,)]


def old_versions() -> ssl.SSLContext:
    """Return a server's context that knows only TLS 1.1 and 1.0."""
    context = serving(issued(NAME, root()), root())
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def all_versions() -> ssl.SSLContext:
    """Return a server's context that knows the old versions, too."""
    context = serving(issued(NAME, root()), root())
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


async def test_a_server_in_order_holds_everywhere(tmp_path):
    """It answers, offers TLS that is good, and proves its name."""
    async with hosts() as there:
        await there.serve(NAME, serving(issued(NAME, root()), root()))
        servers = await shown(there, authorities=trusted(tmp_path))

    assert port_25(servers).result == starttls(servers).result == "pass"
    assert certificate(servers, TODAY).result == "pass"
    assert servers[0].encryption is not None
    assert servers[0].encryption.versions == ("TLSv1.3", "TLSv1.2")
    assert "220 mx.contoso.example" in port_25(servers).evidence


CERTIFICATES = {
    "expired": (lambda: (issued(NAME, root(), ends=TODAY - timedelta(days=1)), root()), "expired"),
    "not valid yet": (lambda: (issued(NAME, root(), begins=TODAY + timedelta(days=9)), root()), "not-yet-valid"),
    "another name": (lambda: (issued("other.example", root()), root()), "name"),
    "its own issuer": (lambda: (issued(NAME),), "self-signed"),
    "an authority of nobody's": (lambda: (issued(NAME, issued("Nobody", authority=True)),), "untrusted"),
    "without its chain": (lambda: (issued(NAME, issued("Inner", root(), authority=True)),), "untrusted"),
    "soon at its end": (lambda: (issued(NAME, root(), ends=TODAY + timedelta(days=3)), root()), "soon"),
    "a wildcard": (lambda: (issued("*.contoso.example", root()), root()), "pass"),
}  # fmt: skip


@pytest.mark.parametrize("made, result", CERTIFICATES.values(), ids=CERTIFICATES)
async def test_a_certificate_is_judged_as_it_was_shown(tmp_path, made, result):
    """By this machine's authorities, among which is the tests' root."""
    async with hosts() as there:
        await there.serve(NAME, serving(*made()))
        servers = await shown(there, authorities=trusted(tmp_path))
    found = certificate(servers, TODAY)

    assert found.result == result
    assert f'certificate "{made()[0].certificate.subject.rfc4514_string()[3:]}"' in found.evidence


async def test_dane_makes_up_for_an_authority_nobody_trusts():
    """RFC 7672 §3.1.1."""
    async with hosts() as there:
        await there.serve(NAME, serving(issued(NAME)))
        servers = await shown(there)

    assert certificate(servers, TODAY, proven={NAME}).result == "by-dane"
    assert certificate(servers, TODAY, proven={"other.example"}).result == "self-signed"


SERVERS = {
    "no STARTTLS": (Behaviour(), "pass", "not-offered"),
    "STARTTLS refused": (
        Behaviour(certificate=all_versions(), replies={"STARTTLS": "454 4.7.0 Not now"}),
        "pass",
        "failed",
    ),
    "hangs up at STARTTLS": (
        Behaviour(certificate=all_versions(), hang_up_at="STARTTLS"),
        "pass",
        "failed",
    ),
    "old versions alone": (Behaviour(certificate=old_versions()), "pass", "old"),
    "old versions, too": (Behaviour(certificate=all_versions()), "pass", "old-too"),
    "turns everybody away": (Behaviour(banner="554 No SMTP here"), "turned-away", "not-reached"),
    "speaks something else": (Behaviour(banner="SSH-2.0-OpenSSH"), "turned-away", "not-reached"),
    "never ends its greeting": (
        Behaviour(banner="\r\n".join(["220-Hello"] * 200)),
        "turned-away",
        "not-reached",
    ),
    "says a line without end": (
        Behaviour(banner="220 " + "x" * 20_000),
        "turned-away",
        "not-reached",
    ),
    "hangs up": (Behaviour(hang_up_at="BANNER"), "turned-away", "not-reached"),
}


@pytest.mark.parametrize("behaviour, reached, encrypts", SERVERS.values(), ids=SERVERS)
async def test_a_server_s_fault_is_told_for_what_it_is(behaviour, reached, encrypts):
    """Port 25 is one thing, encryption another."""
    async with hosts() as there:
        await there.serve(NAME, behaviour=behaviour)
        servers = await shown(there)

    assert (port_25(servers).result, starttls(servers).result) == (reached, encrypts)


async def test_a_server_that_stalls_is_left_alone_in_time():
    """At the greeting it is silent; at STARTTLS it fails."""
    async with hosts() as there:
        await there.serve("a.example", behaviour=Behaviour(stall_at="BANNER"))
        stalls = Behaviour(certificate=all_versions(), stall_at="STARTTLS")
        await there.serve("b.example", behaviour=stalls)
        async with asyncio.timeout(30):
            silent, stuck = await shown(there, "a.example", "b.example", seconds=2)

    assert silent.doors[0].contact is Contact.SILENT
    assert port_25([silent]).result == "silent"
    assert starttls([stuck]).result == "failed"


async def test_whoever_refuses_is_told_from_whoever_is_silent():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = await visit(NAME, ["127.0.0.1"], Reach(port=port, allow_private=True))

    assert server.doors[0].contact is Contact.REFUSED
    assert port_25([server]).result == "refused"


async def test_one_server_that_answers_makes_the_others_silence_a_fault():
    """The way out is open, so silence is theirs."""
    async with hosts() as there:
        await there.serve("a.example", behaviour=Behaviour(stall_at="BANNER"))
        await there.serve("b.example")
        servers = await shown(there, "a.example", "b.example", seconds=2)
    found = port_25(servers)

    assert (found.result, found.values["remote"]) == ("some", "a.example")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104  # asked, not listened at
                "::1", "fd00::1", "fe80::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "224.0.0.1"]
)  # fmt: skip
async def test_an_inner_network_is_never_connected_to(address, monkeypatch):
    """Whatever name leads there, and whatever way of writing an IPv4 address inside an IPv6 one."""

    async def connected(*_: object, **__: object) -> None:
        raise AssertionError(f"connected to {address}")

    monkeypatch.setattr(asyncio, "open_connection", connected)
    server = await visit(NAME, [address], Reach())

    assert server.doors[0].contact is Contact.NOT_ALLOWED
    assert port_25([server]).result == "not-tried"


async def test_a_server_hears_nothing_but_hello_and_goodbye():
    """No sender and no recipient: nothing is sent, and little is asked."""
    async with hosts() as there:
        server = await there.serve(NAME, serving(issued(NAME, root()), root()))
        await shown(there)

    assert server.received == []
    assert server.connections <= 6
