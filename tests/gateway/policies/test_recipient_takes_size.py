"""Which declared sizes a recipient's own limit refuses."""

import pytest

from facts import BEN, STRANGER, cause_of, found
from whybounce.gateway.directory import Mailbox
from whybounce.gateway.policies.recipient_takes_size import judge
from whybounce.gateway.values import Size
from whybounce.vocabulary.envelope import Envelope

SMALL = Mailbox(address=BEN, message_size=Size(9))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(SMALL, envelope=Envelope("a@b.example", size=10)), "message-too-large"),
        (found(SMALL, envelope=Envelope("a@b.example", size=9)), None),
        (found(SMALL), None),
        (found(Mailbox(address=BEN), envelope=Envelope("a@b.example", size=10)), None),
        (STRANGER, None),
    ],
)
def test_what_is_declared_too_large_is_not_sent_for_nothing(facts, cause):
    assert cause_of(judge(facts)) == cause
