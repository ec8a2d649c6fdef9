"""What restricted and unproven organisations may send to outside."""

import pytest
from msgspec.structs import replace as with_

from facts import COLLEAGUE, CONTOSO, STRANGER, cause_of, in_force, replace
from whybounce.gateway.directory.nouns import Sending
from whybounce.gateway.policies.organisation_may_send import NUMBERS, judge

TO_OUTSIDE = replace(COLLEAGUE, domain=None)


def whose(facts=TO_OUTSIDE, **settings: object):
    """Return the facts with an organisation of those settings."""
    return replace(facts, organisation=with_(CONTOSO, **settings))


def blocked(cause: str, facts=TO_OUTSIDE, reason: str = "as agreed"):
    """Return the facts with a block of the organisation in force."""
    return replace(facts, blocks=(in_force("organisation", "Contoso", cause, reason=reason),))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (TO_OUTSIDE, None),
        (whose(proven=False), "traffic-not-accepted-from-ip"),
        (whose(COLLEAGUE, proven=False), None),
        (whose(sending=Sending.RESTRICTED), "tenant-restricted"),
        (blocked("tenant-threshold-exceeded"), "tenant-threshold-exceeded"),
        (blocked("tenant-threshold-exceeded", COLLEAGUE), None),
        (blocked("traffic-not-accepted-from-ip"), "traffic-not-accepted-from-ip"),
        (blocked("bad-inbound-connector"), "bad-inbound-connector"),
        (blocked("tenant-restricted"), "tenant-restricted"),
        (replace(STRANGER, domain=None), None),
    ],
)
def test_a_restricted_organisation_writes_to_its_own_people_only(facts, cause):
    assert cause_of(judge(facts)) == cause


@pytest.mark.parametrize(("word", "number"), [*NUMBERS.items(), ("other", 700)])
def test_the_number_names_the_sub_reason(word: str, number: int):
    verdict = judge(blocked("tenant-restricted", reason=f"{word}: as it was seen"))

    assert str(verdict.status) == f"5.7.{number}"
    assert cause_of(verdict) == "tenant-restricted"
