"""Whom the recipient's own lists keep out."""

import pytest

from facts import BEN, COLLEAGUE, OPEN, cause_of, found, replace
from whybounce.gateway.directory import Group, Mailbox
from whybounce.gateway.policies.sender_listed import judge
from whybounce.vocabulary.envelope import Envelope

UNLISTED = replace(OPEN, accepted=False)
REJECTED = replace(OPEN, rejected="@remote.example")


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(Mailbox(address=BEN)), None),
        (found(Mailbox(address=BEN), UNLISTED), "delivery-not-authorized"),
        (found(Mailbox(address=BEN), REJECTED), "delivery-not-authorized"),
        (found(Mailbox(address=BEN), UNLISTED, COLLEAGUE), "delivery-not-authorized"),
        (found(Group(address=BEN), UNLISTED), "sender-not-in-allowed-list"),
        (found(Mailbox(address=BEN), UNLISTED, envelope=Envelope("")), None),
    ],
)
def test_lists_decide_who_may_write(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_trace_says_what_on_the_list_is_the_senders():
    assert "@remote.example" in judge(found(Mailbox(address=BEN), REJECTED)).evidence
