"""What over IPv6 must speak for a message."""

from ipaddress import ip_address

import pytest

from facts import STRANGER, cause_of, judged, replace
from whybounce.gateway.policies.ipv6_authenticated import judge
from whybounce.vocabulary.authentication import Result

OVER_IPV6 = replace(STRANGER, session=replace(STRANGER.session, address=ip_address("2001:db8::9")))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (judged(facts=OVER_IPV6), "ipv6-needs-spf-or-dkim"),
        (judged(Result.SOFTFAIL, facts=OVER_IPV6), "ipv6-needs-spf-or-dkim"),
        (judged(Result.PASS, facts=OVER_IPV6), None),
        (judged(signers=("x.example",), facts=OVER_IPV6), None),
        (judged(), None),
        (OVER_IPV6, None),
    ],
)
def test_over_ipv6_a_domain_must_answer_for_the_message(facts, cause):
    assert cause_of(judge(facts)) == cause
