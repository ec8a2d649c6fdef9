"""Which addresses are none, and which senders are blocked."""

import pytest

from facts import BEN, STRANGER, cause_of, found, in_force, replace
from whybounce.gateway.directory import Mailbox
from whybounce.gateway.policies.sender_resolvable import judge
from whybounce.vocabulary.envelope import Envelope, Recipient

LEGACY = "IMCEAEX-_O=CONTOSO_OU=FIRST_cn=Recipients_cn=ben@contoso.example"


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, envelope=Envelope("")), None),
        (replace(STRANGER, recipient=Recipient(LEGACY)), "sender-denied"),
        (replace(STRANGER, envelope=Envelope(LEGACY)), "sender-denied"),
        (replace(STRANGER, envelope=Envelope("imceafax-1+20@x.example")), "sender-denied"),
        (replace(STRANGER, envelope=Envelope("imceaex@x.example")), None),
        (replace(STRANGER, envelope=Envelope("a-b@x.example")), None),
        (found(Mailbox(address=BEN), recipient=Recipient(LEGACY)), None),
        (replace(STRANGER, blocks=(in_force("sender", "@remote.example", "sender-denied"),)),
         "sender-denied"),
        (replace(STRANGER, blocks=(in_force("account", "chris", "sender-denied"),)), None),
    ],
)  # fmt: skip
def test_an_old_internal_address_leads_nowhere(facts, cause):
    assert cause_of(judge(facts)) == cause
