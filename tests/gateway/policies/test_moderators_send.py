"""Who writes to what is moderated."""

import pytest

from facts import BEN, COLLEAGUE, OPEN, cause_of, found, replace
from whybounce.gateway.addresses import MailAddress
from whybounce.gateway.directory import Group
from whybounce.gateway.policies.moderators_send import judge
from whybounce.vocabulary.envelope import Envelope

ASKING = replace(OPEN, moderators=(MailAddress("anna@contoso.example"),))
NEWS = Group(address=BEN)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(NEWS, OPEN), None),
        (found(NEWS, ASKING), "delivery-not-authorized"),
        (found(NEWS, ASKING, COLLEAGUE), "delivery-not-authorized"),
        (found(NEWS, ASKING, envelope=Envelope("")), None),
    ],
)
def test_only_who_needs_no_approval_writes(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_trace_names_the_moderators():
    assert "anna@contoso.example" in judge(found(NEWS, ASKING)).evidence
