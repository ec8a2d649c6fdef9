"""When a domain asks for mail to be refused that cannot be its own, and what explains it otherwise."""

from ipaddress import ip_address

import pytest

from facts import STRANGER, cause_of, judged, replace
from whybounce.gateway.addresses import DomainName
from whybounce.gateway.policies import Content
from whybounce.gateway.policies.dmarc_passed import judge
from whybounce.gateway.trust import Trust
from whybounce.gateway.values import Network
from whybounce.vocabulary.authentication import (
    ArcResult,
    ArcSet,
    AuthenticationResult,
    DmarcPolicy,
    Method,
    Result,
)
from whybounce.vocabulary.envelope import Envelope

REJECTS = {"asked": DmarcPolicy.REJECT}
TRUSTING = replace(STRANGER, trust=Trust(sealers=(DomainName("lists.example"),)))
LIST = replace(STRANGER, envelope=Envelope("news-bounces@lists.example"))


def chain(sealer: str, result: str = "pass") -> ArcResult:
    """Return a whole chain in which that server says what it found."""
    told = AuthenticationResult(Method.DMARC, result, {}, "…")
    return ArcResult(Result.PASS, "it is whole", (ArcSet(1, sealer, (told,)),))


def by_list(*signers: str, list_id: str = "<news.lists.example>"):
    """Return what a mailing list passed on, signed by those."""
    facts = judged(dmarc=Result.FAIL, facts=LIST, signers=signers, **REJECTS)
    fields = (("List-Id", list_id),) if list_id else ()
    return replace(facts, content=Content(fields=fields, octets=1000))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (judged(dmarc=Result.FAIL, **REJECTS), "dmarc-reject"),
        (judged(dmarc=Result.FAIL, asked=DmarcPolicy.QUARANTINE), None),
        (judged(dmarc=Result.FAIL, asked=DmarcPolicy.NONE), None),
        (judged(dmarc=Result.PASS, **REJECTS), None),
        (judged(dmarc=Result.NONE), None),
        (judged(dmarc=Result.FAIL, arc=chain("lists.example"), facts=TRUSTING, **REJECTS), None),
        (judged(dmarc=Result.FAIL, arc=chain("lists.example"), **REJECTS), "dmarc-reject"),
        (judged(dmarc=Result.FAIL, arc=chain("x.example"), facts=TRUSTING, **REJECTS),
         "dmarc-reject"),
        (judged(dmarc=Result.FAIL, arc=chain("lists.example", "fail"), facts=TRUSTING, **REJECTS),
         "dmarc-reject"),
        (by_list("lists.example"), None),
        (by_list("x.example"), "dmarc-reject"),
        (by_list("lists.example", list_id=""), "dmarc-reject"),
    ],
)  # fmt: skip
def test_a_forgery_is_refused_and_a_mailing_list_is_not(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_a_forwarder_the_operator_knows_is_not_judged():
    trust = Trust(forwarders=(Network("192.0.2.0/24"),))
    facts = judged(dmarc=Result.FAIL, facts=replace(STRANGER, trust=trust), **REJECTS)
    elsewhere = replace(facts.session, address=ip_address("198.51.100.9"))

    assert cause_of(judge(facts)) is None
    assert cause_of(judge(replace(facts, session=elsewhere))) == "dmarc-reject"
