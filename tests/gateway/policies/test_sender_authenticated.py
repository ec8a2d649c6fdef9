"""Where only people who are logged in may write."""

from dataclasses import replace

import pytest

from facts import BEN, COLLEAGUE, OPEN, OUR_SERVER, cause_of, found
from whybounce.gateway.directory import Contact, Group, Mailbox, MailUser, PublicFolder
from whybounce.gateway.policies.sender_authenticated import judge

CLOSED = replace(OPEN, entry_needs_authentication=True)
CLOSED_HOUSE = replace(OPEN, organisation_needs_authentication=True)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(Mailbox(address=BEN)), None),
        (found(Mailbox(address=BEN), CLOSED), "sender-not-authenticated-for-mailbox"),
        (found(Contact(address=BEN, to=BEN), CLOSED), "sender-not-authenticated-for-mailbox"),
        (found(Group(address=BEN), CLOSED), "sender-not-authenticated-for-group"),
        (found(MailUser(address=BEN, to=BEN), CLOSED), "sender-not-authenticated-for-mail-user"),
        (found(PublicFolder(address=BEN), CLOSED), "sender-not-authenticated-for-public-folder"),
        (found(Mailbox(address=BEN), CLOSED_HOUSE), "sender-not-authenticated-by-organization"),
        (found(Mailbox(address=BEN), CLOSED, COLLEAGUE), None),
        (found(Mailbox(address=BEN), CLOSED_HOUSE, connector=OUR_SERVER), None),
    ],
)
def test_insiders_recipients_are_closed_to_strangers(facts, cause):
    assert cause_of(judge(facts)) == cause
