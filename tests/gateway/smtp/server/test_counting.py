"""Caps on connections."""

from ipaddress import IPv6Address, ip_address

from hypothesis import given, strategies as st

from whybounce.gateway.smtp.server.answers import TOO_MANY_CLIENTS, TOO_MANY_CONNECTIONS
from whybounce.gateway.smtp.server.counting import Caps, ConnectionCount

CAPS = Caps(listener=4, address=2, network=3)
ANNA = ip_address("192.0.2.1")
BOB = ip_address("192.0.2.2")
NETWORK = int(IPv6Address("2001:db8::"))


def test_a_listener_holds_so_many_and_takes_another_when_one_leaves():
    """The one too many is counted until it has left."""
    count = ConnectionCount(CAPS)

    assert [count.enter() for _ in range(5)] == [None] * 4 + [TOO_MANY_CLIENTS]
    count.leave()
    count.leave()
    assert count.enter() is None


def test_an_address_holds_so_many():
    """Its neighbour is not its concern, where addresses are IPv4's."""
    count = ConnectionCount(CAPS)

    assert [count.admit(ANNA) for _ in range(3)] == [None, None, TOO_MANY_CONNECTIONS]
    assert count.admit(BOB) is None
    count.release(ANNA)
    assert count.admit(ANNA) is None


def test_a_network_of_ipv6_holds_so_many():
    """Whoever has one address of a /64 has them all."""
    count = ConnectionCount(CAPS)
    answers = [count.admit(IPv6Address(NETWORK + host)) for host in range(4)]

    assert answers == [None, None, None, TOO_MANY_CONNECTIONS]
    assert count.admit(IPv6Address(NETWORK + (1 << 64))) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60))
def test_nothing_is_kept_of_those_who_left(steps: list[tuple[bool, int]]):
    """However they come and go."""
    count = ConnectionCount(CAPS)
    inside = []
    for comes, host in steps:
        client = IPv6Address(NETWORK + host) if host % 2 else ip_address(host)
        if comes and count.admit(client) is None:
            inside.append(client)
        elif client in inside:
            inside.remove(client)
            count.release(client)
        assert len(count) <= 2 * len(inside)
    for client in inside:
        count.release(client)

    assert len(count) == 0
