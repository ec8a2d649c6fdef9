"""Which addresses need a name."""

from ipaddress import ip_address

import pytest

from facts import STRANGER, cause_of, judged, replace
from whybounce.gateway.policies.ipv6_named import judge
from whybounce.vocabulary.authentication import Result

OVER_IPV6 = replace(STRANGER, session=replace(STRANGER.session, address=ip_address("2001:db8::9")))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (judged(name=Result.PERMERROR, facts=OVER_IPV6), "ipv6-needs-reverse-dns"),
        (judged(name=Result.PASS, facts=OVER_IPV6), None),
        (judged(name=Result.FAIL, facts=OVER_IPV6), None),
        (judged(name=Result.PERMERROR), None),
        (OVER_IPV6, None),
    ],
)
def test_an_ipv6_address_without_a_name_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_where_the_dns_cannot_tell_the_client_comes_back():
    verdict = judge(judged(name=Result.TEMPERROR, facts=OVER_IPV6))

    assert (type(verdict).__name__, cause_of(verdict)) == ("Defer", "sender-records-unavailable")
