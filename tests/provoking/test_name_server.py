"""The loopback DNS, asked by dnspython as our own code asks it."""

import asyncio
import socket

import dns.asyncresolver
import dns.edns
import dns.flags
import dns.resolver
import pytest

from whybounce.provoking.name_server import NameServer, Records, Trouble, answer_to


def ask(records: Records, name: str, rdtype: str, *, tcp: bool = False):
    """Return dnspython's answer, or raise what it raises."""

    async def asking() -> dns.resolver.Answer:
        server = NameServer(records)
        await server.start()
        try:
            resolver = dns.asyncresolver.Resolver(configure=False)
            resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
            # No answer is waited for in vain; else the machine may be busy.
            resolver.lifetime = 1.0 if records.troubles else 30.0
            resolver.use_edns(0, dns.flags.DO, 1232)
            return await resolver.resolve(name, rdtype, tcp=tcp)
        finally:
            await server.stop()

    return asyncio.run(asking())


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_records_are_answered_as_written(tcp):
    """MX with its preference and host."""
    records = Records()
    records.add("contoso.example", "MX", "10 mx1.contoso.example.", "20 mx2.contoso.example.")

    answer = ask(records, "contoso.example", "MX", tcp=tcp)

    assert sorted((mx.preference, mx.exchange.to_text()) for mx in answer) == [
        (10, "mx1.contoso.example."),
        (20, "mx2.contoso.example."),
    ]


def test_an_alias_is_followed_to_its_address():
    """CNAME and the record it leads to come in one answer."""
    records = Records()
    records.add("mail.contoso.example", "CNAME", "host.contoso.example.")
    records.add("host.contoso.example", "A", "127.0.0.5")

    assert [a.address for a in ask(records, "mail.contoso.example", "A")] == ["127.0.0.5"]


def test_an_alias_that_leads_round_is_a_failure():
    """As resolvers answer it."""
    records = Records()
    records.add("a.contoso.example", "CNAME", "b.contoso.example.")
    records.add("b.contoso.example", "CNAME", "a.contoso.example.")

    with pytest.raises(dns.resolver.NoNameservers, match="SERVFAIL"):
        ask(records, "a.contoso.example", "A")


def test_an_answer_too_long_for_a_datagram_is_asked_for_by_tcp():
    """RFC 1035 §4.2.1."""
    records = Records()
    records.add("contoso.example", "TXT", *(f'"{number:0200}"' for number in range(40)))

    assert len(ask(records, "contoso.example", "TXT")) == 40


def test_a_name_that_is_not_there_differs_from_one_without_that_type():
    """NXDOMAIN, RFC 2308 §2.1, and no data, §2.2."""
    records = Records()
    records.add("host.contoso.example", "A", "127.0.0.5")

    with pytest.raises(dns.resolver.NXDOMAIN):
        ask(records, "missing.example", "MX")
    with pytest.raises(dns.resolver.NoAnswer):
        ask(records, "contoso.example", "MX")


def test_only_secure_names_are_marked_as_validated():
    """The AD flag is what DANE is allowed to trust, RFC 7672 §2.1."""
    records = Records(secure={"signed.example"})
    records.add("mx.signed.example", "A", "127.0.0.5")
    records.add("mx.plain.example", "A", "127.0.0.5")

    assert ask(records, "mx.signed.example", "A").response.flags & dns.flags.AD
    assert not ask(records, "mx.plain.example", "A").response.flags & dns.flags.AD


def test_a_bogus_zone_is_told_from_a_dead_one_by_its_reason():
    """Both are SERVFAIL; the extended error says which. RFC 8914 §4.7."""
    records = Records(troubles={"bogus.example": Trouble.BOGUS, "dead.example": Trouble.SERVFAIL})
    reasons = {}
    for name in ("mx.bogus.example", "mx.dead.example"):
        with pytest.raises(dns.resolver.NoNameservers) as raised:
            ask(records, name, "A")
        response = raised.value.kwargs["errors"][0][4]
        reasons[name] = [o.code for o in response.options if isinstance(o, dns.edns.EDEOption)]

    assert reasons == {"mx.bogus.example": [6], "mx.dead.example": []}


def test_a_silent_name_times_out():
    """Nothing comes back at all."""
    with pytest.raises(dns.resolver.LifetimeTimeout):
        ask(Records(troubles={"silent.example": Trouble.SILENT}), "silent.example", "A")


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\xff" * 40])
def test_what_is_no_query_gets_no_answer(junk):
    """And the server goes on."""
    assert answer_to(junk, Records()) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("anybody.example.org", True),
        ("deep.below.example.org", True),
        ("mx.example.org", False),
        ("below.mx.example.org", None),
        ("example.com", None),
    ],
)
def test_a_wildcard_answers_for_names_that_are_not_there(name, found):
    """RFC 4592 §2.2.1, §3.3.1: not for a name with records, nor for what is below one."""
    records = Records()
    records.add("*.example.org", "MX", "10 mx.example.org.")
    records.add("mx.example.org", "A", "127.0.0.1")

    if found:
        assert [mx.preference for mx in ask(records, name, "MX")] == [10]
    else:
        error = dns.resolver.NXDOMAIN if found is None else dns.resolver.NoAnswer
        with pytest.raises(error):
            ask(records, name, "MX")


async def test_a_port_that_somebody_has_by_udp_is_passed_over(monkeypatch):
    """The kernel gives TCP's and UDP's apart: any client's may be the same."""
    taken, other = [], socket.socket(type=socket.SOCK_DGRAM)
    start = asyncio.start_server

    async def unlucky(*given: object, **more: object) -> asyncio.Server:
        server = await start(*given, **more)
        if not taken:
            taken.append(server.sockets[0].getsockname()[1])
            other.bind(("127.0.0.1", taken[0]))
        return server

    monkeypatch.setattr(asyncio, "start_server", unlucky)
    server = NameServer(Records())
    with other:
        await server.start()
        try:
            assert server.port not in taken
            with pytest.raises(OSError, match="in use"):
                await NameServer(Records()).start(port=taken[0])
        finally:
            await server.stop()
