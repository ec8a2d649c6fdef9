"""Mail from one range of IPv6 addresses."""

from ipaddress import ip_address

import pytest

from facts import COLLEAGUE, RELAY, STRANGER, cause_of, replace
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.ipv6_range_in_limit import POLICY, judge

LIMITS = Limits(ipv6_range_per_hour=3)


def counted(number: int, facts=STRANGER, client: str = "2001:db8:1:2::9", limits: Limits = LIMITS):
    """Return the facts after so many messages."""
    session = replace(facts.session, address=ip_address(client))
    return replace(facts, session=session, limits=limits, counts={"ipv6-range": number})


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (counted(2), None),
        (counted(3), "ipv6-range-limit"),
        (counted(3, client="192.0.2.9"), None),
        (counted(3, limits=Limits()), None),
        (counted(3, COLLEAGUE), None),
        (replace(counted(3), connector=RELAY), None),
    ],
)
def test_the_message_beyond_the_limit_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


@pytest.mark.parametrize(
    ("client", "limits", "key"),
    [
        ("2001:db8:1:2:a::9", LIMITS, "ipv6-range 2001:db8:1:2::/64"),
        ("2001:db8:1:2:b::9", LIMITS, "ipv6-range 2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", LIMITS, "ipv6-range 2001:db8:1:3::/64"),
        (
            "2001:db8:1:3::9",
            Limits(ipv6_range_per_hour=3, ipv6_range=48),
            "ipv6-range 2001:db8:1::/48",
        ),
        ("192.0.2.9", LIMITS, ""),
        ("2001:db8::9", Limits(), ""),
    ],
)
def test_the_addresses_of_a_range_count_as_one(client, limits, key):
    (tally,) = POLICY.tallies

    assert tally.key(counted(0, client=client, limits=limits)) == key
