"""Where mail over IPv6 is not taken."""

from ipaddress import ip_address

import pytest

from facts import COLLEAGUE, OUR_SERVER, STRANGER, cause_of, replace
from whybounce.gateway.addresses import DomainName
from whybounce.gateway.directory import Domain
from whybounce.gateway.policies.ipv6_taken import judge

OLD = Domain(name=DomainName("contoso.example"), ipv6=False)


def by(address, facts=STRANGER, domain=OLD, **more: object):
    """Return the facts of a client with that address."""
    session = replace(facts.session, address=ip_address(address))
    return replace(facts, session=session, domain=domain, **more)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (by("2001:db8::1"), "no-ipv6"),
        (by("192.0.2.9"), None),
        (by("2001:db8::1", domain=STRANGER.domain), None),
        (by("2001:db8::1", domain=None), None),
        (by("2001:db8::1", COLLEAGUE), None),
        (by("2001:db8::1", connector=OUR_SERVER), None),
    ],
)
def test_only_strangers_over_ipv6_are_refused_and_only_where_the_domain_says_so(facts, cause):
    assert cause_of(judge(facts)) == cause
