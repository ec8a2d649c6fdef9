"""When a sender's own domain says that the server may not send for it."""

from ipaddress import ip_network

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, judged, replace
from whybounce.gateway.policies.spf_passed import judge
from whybounce.gateway.trust import Trust
from whybounce.gateway.values import Network
from whybounce.vocabulary.authentication import Method, Result, SpfIdentity

FORWARDED = replace(STRANGER, trust=Trust(forwarders=(Network("192.0.2.0/24"),)))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (judged(Result.FAIL), "spf-violation"),
        (judged(Result.SOFTFAIL), None),
        (judged(Result.NEUTRAL), None),
        (judged(Result.PERMERROR), None),
        (judged(Result.NONE), None),
        (judged(Result.PASS), None),
        (judged(Result.FAIL, aligned=(Method.DKIM,)), None),
        (judged(Result.FAIL, signers=("remote.example",)), None),
        (judged(Result.FAIL, signers=("other.example",)), "spf-violation"),
        (judged(Result.FAIL, identity=SpfIdentity.HELO), None),
        (judged(Result.FAIL, facts=FORWARDED), None),
        (COLLEAGUE, None),
    ],
)
def test_a_forgery_is_refused_and_a_signed_forward_is_not(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_trace_says_which_term_decided():
    assert "'-all'" in judge(judged(Result.FAIL)).evidence


def test_a_network_is_what_the_operator_wrote():
    assert Network("192.0.2.0/24").addresses == ip_network("192.0.2.0/24")
