"""Which mailboxes take no mail."""

import pytest

from facts import BEN, STRANGER, cause_of, found
from whybounce.gateway.addresses import MailAddress
from whybounce.gateway.directory import Group, Mailbox
from whybounce.gateway.policies.mailbox_open import judge


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(Mailbox(address=BEN)), None),
        (found(Mailbox(address=BEN, disabled=True)), "mailbox-disabled"),
        (found(Mailbox(address=BEN, moved_to=MailAddress("b@x.example"))), "mailbox-moved"),
        (found(Group(address=BEN)), None),
        (STRANGER, None),
    ],
)
def test_a_closed_mailbox_takes_nothing(facts, cause):
    assert cause_of(judge(facts)) == cause
