"""Where mail for a domain goes, asked of a real name server on loopback."""

import asyncio
from collections.abc import Sequence

import pytest

from whybounce.checking.lookups import Resolver
from whybounce.gateway.delivery.mail_exchangers import Host, NoRoute, Route, route_to
from whybounce.provoking.name_server import NameServer, Records, Trouble


def backwards(exchangers: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Shuffle in a way a test can foresee."""
    return list(reversed(exchangers))


def route(domain: str, records: Records, **options: frozenset[str]) -> Route | NoRoute:
    """Ask a name server that knows these records."""

    async def asking() -> Route | NoRoute:
        server = NameServer(records)
        await server.start()
        try:
            # No answer is waited for in vain; else the machine may be busy.
            patience = 0.5 if Trouble.SILENT in records.troubles.values() else 30
            resolver = Resolver("127.0.0.1", server.port, seconds=patience)
            return await route_to(domain, resolver, shuffle=backwards, **options)
        finally:
            await server.stop()

    return asyncio.run(asking())


def contoso(*exchangers: str) -> Records:
    """Return records of contoso.example with two hosts that have addresses."""
    records = Records()
    records.add("contoso.example", "MX", *exchangers)
    records.add("mx1.contoso.example", "A", "127.0.0.5")
    records.add("mx1.contoso.example", "AAAA", "::1")
    records.add("mx2.contoso.example", "A", "127.0.0.6", "127.0.0.7")
    return records


def test_hosts_are_tried_by_preference():
    """The lower number first, RFC 5321 §5.1; each with all its addresses."""
    records = contoso("20 mx1.contoso.example.", "10 mx2.contoso.example.")

    assert route("contoso.example", records) == Route(
        (
            Host("mx2.contoso.example", ("127.0.0.6", "127.0.0.7"), secure=False),
            Host("mx1.contoso.example", ("::1", "127.0.0.5"), secure=False),
        )
    )


def test_of_many_hosts_and_addresses_only_so_many_are_tried():
    """The best of them: who publishes a hundred keeps nobody busy."""
    records = Records()
    hosts = [f"mx{number}.contoso.example" for number in range(30)]
    records.add("contoso.example", "MX", *(f"{n} {host}." for n, host in enumerate(hosts)))
    for host in hosts:
        records.add(host, "A", *(f"127.0.1.{number}" for number in range(20)))
    found = route("contoso.example", records)

    assert isinstance(found, Route)
    assert [host.name for host in found.hosts] == hosts[:16]
    assert {len(host.addresses) for host in found.hosts} == {8}


def test_hosts_of_equal_preference_stand_in_the_order_of_chance():
    """Here: of the passed-in shuffling, which turns them round."""
    found = route("contoso.example", contoso("10 mx1.contoso.example.", "10 mx2.contoso.example."))

    assert isinstance(found, Route)
    assert [host.name for host in found.hosts] == ["mx2.contoso.example", "mx1.contoso.example"]


def test_a_domain_without_mx_records_takes_mail_at_its_own_address():
    """The implicit MX of RFC 5321 §5.1."""
    records = Records()
    records.add("fabrikam.example", "A", "127.0.0.8")

    assert route("fabrikam.example", records) == Route(
        (Host("fabrikam.example", ("127.0.0.8",), secure=False),), implicit=True
    )


def test_validated_answers_make_a_host_secure():
    """MX and addresses both, RFC 7672 §2.2."""
    signed = contoso("10 mx1.contoso.example.")
    signed.secure.add("contoso.example")
    half = contoso("10 mx1.contoso.example.")
    half.secure.add("mx1.contoso.example")

    for records, secure in ((signed, True), (half, False)):
        found = route("contoso.example", records)
        assert isinstance(found, Route)
        assert [host.secure for host in found.hosts] == [secure]


@pytest.mark.parametrize(
    ("values", "cause", "permanent"),
    [
        (["0 ."], "null-mx", True),
        (["10 gone.contoso.example."], "no-route", True),
        (["10 mx.dead.example."], "dns-query-failed", False),
        (["10 mx.bogus.example."], "dnssec-invalid", False),
    ],
    ids=["null MX", "no address", "resolver fails", "bogus"],
)
def test_what_makes_a_route_impossible_is_told_apart(values, cause, permanent):
    """Each is another cause, and only some of them are final."""
    records = contoso(*values)
    records.troubles["dead.example"] = Trouble.SERVFAIL
    records.troubles["bogus.example"] = Trouble.BOGUS

    found = route("contoso.example", records)

    assert isinstance(found, NoRoute)
    assert (found.cause, found.permanent) == (cause, permanent)
    assert "contoso.example" in found.evidence


def test_a_domain_that_does_not_exist_is_no_domain_without_records():
    """NXDOMAIN against no data at all."""
    records = Records()
    records.add("www.empty.example", "A", "127.0.0.5")
    missing, empty = route("missing.example", records), route("empty.example", records)

    assert isinstance(missing, NoRoute)
    assert missing.cause == "domain-does-not-exist"
    assert isinstance(empty, NoRoute)
    assert empty.cause == "no-route"


def test_a_silent_resolver_defers():
    """Nothing is final that was not answered."""
    found = route("contoso.example", Records(troubles={"": Trouble.SILENT}))

    assert isinstance(found, NoRoute)
    assert (found.cause, found.permanent) == ("dns-query-failed", False)


def test_mail_never_goes_to_ourselves_nor_past_us():
    """Hosts at or above our own preference are left out, RFC 5321 §5.1."""
    records = contoso("10 mx1.contoso.example.", "20 mx2.contoso.example.")
    ours = frozenset({"mx2.contoso.example"})
    found = route("contoso.example", records, own_names=ours)

    assert isinstance(found, Route)
    assert [host.name for host in found.hosts] == ["mx1.contoso.example"]
    alone = route("contoso.example", records, own_names=frozenset({"mx1.contoso.example"}))
    assert isinstance(alone, NoRoute)
    assert alone.cause == "routing-loop"


@pytest.mark.parametrize(
    ("literal", "address"), [("[127.0.0.9]", "127.0.0.9"), ("[IPv6:::1]", "::1")]
)
def test_an_address_literal_is_its_own_route(literal, address):
    """RFC 5321 §4.1.3."""
    found = route(literal, Records())

    assert isinstance(found, Route)
    assert found.hosts[0].addresses == (address,)
    assert isinstance(route("[nonsense]", Records()), NoRoute)
