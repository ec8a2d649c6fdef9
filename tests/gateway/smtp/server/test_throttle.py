"""Failed logins."""

from ipaddress import IPv4Address, ip_address

from whybounce.gateway.smtp.server.throttle import (
    ACCOUNT,
    ACCOUNT_AND_ADDRESS,
    ADDRESS,
    AuthThrottle,
)

HERE = ip_address("192.0.2.1")
ELSEWHERE = ip_address("198.51.100.1")


def _fail(throttle: AuthThrottle, times: int, account: str = "anna", now: float = 0) -> None:
    for _ in range(times):
        throttle.failed(account, HERE, now)


def test_people_may_mistype():
    """The first failures cost nothing."""
    throttle = AuthThrottle()
    _fail(throttle, ACCOUNT_AND_ADDRESS.free)

    assert throttle.wait("anna", HERE, 0) == 0


def test_each_further_failure_doubles_the_wait():
    """Until the longest."""
    throttle = AuthThrottle()
    _fail(throttle, ACCOUNT_AND_ADDRESS.free)
    waits = []
    for _ in range(11):
        throttle.failed("anna", HERE, 0)
        waits.append(throttle.wait("anna", HERE, 0))

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, ACCOUNT_AND_ADDRESS.longest]
    assert throttle.wait("anna", HERE, 800) == 100
    assert throttle.wait("anna", HERE, 900) == 0


def test_the_account_is_the_same_however_it_is_written():
    """Nor does another spelling help."""
    throttle = AuthThrottle()
    _fail(throttle, 10, "Anna")

    assert throttle.wait("aNNA", HERE, 0) > 0


def test_its_owner_is_not_locked_out_by_a_stranger():
    """Not for long either, whatever strangers do."""
    throttle = AuthThrottle()
    _fail(throttle, 50)
    assert throttle.wait("anna", ELSEWHERE, 0) == 0

    _fail(throttle, 1000)
    assert 0 < throttle.wait("anna", ELSEWHERE, 0) <= ACCOUNT.longest


def test_an_address_that_tries_one_account_after_another_waits_for_all():
    """Guessing one password for many accounts."""
    throttle = AuthThrottle()
    for number in range(ADDRESS.free + 3):
        throttle.failed(f"user{number}", HERE, 0)

    assert throttle.wait("anna", HERE, 0) == 4
    assert throttle.wait("anna", ELSEWHERE, 0) == 0


def test_all_of_an_ipv6_network_is_one_address():
    """A /64 is what one customer gets."""
    throttle = AuthThrottle()
    for host in range(10):
        throttle.failed("anna", ip_address(f"2001:db8::{host}"), 0)

    assert throttle.wait("anna", ip_address("2001:db8::ffff"), 0) > 0


def test_the_right_password_clears_the_account_here():
    """What the address did with others stands."""
    throttle = AuthThrottle()
    _fail(throttle, ADDRESS.free + 1)
    throttle.succeeded("Anna", HERE)

    assert throttle.wait("anna", HERE, 0) == 1


def test_an_hour_later_it_is_forgotten():
    """The count begins anew."""
    throttle = AuthThrottle()
    _fail(throttle, 10)
    throttle.failed("anna", HERE, 4000)

    assert throttle.wait("anna", HERE, 4000) == 0


def test_the_table_is_bounded():
    """Whoever fails with a million names is remembered as far as there is room."""
    throttle = AuthThrottle(most=100)
    for number in range(1000):
        throttle.failed("x" * 10_000, IPv4Address(number), 0)

    assert len(throttle) == 100
