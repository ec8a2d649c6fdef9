"""Where only people who are logged in may write."""

import pytest

from facts import (
    BEN,
    COLLEAGUE,
    CONTOSO,
    OPEN,
    OUR_SERVER,
    RELAY,
    STRANGER,
    cause_of,
    found,
    replace,
)
from whybounce.gateway.directory import (
    Contact,
    Correspondent,
    Group,
    Mailbox,
    MailUser,
    PublicFolder,
)
from whybounce.gateway.policies.sender_authenticated import judge

CLOSED = replace(OPEN, entry_needs_authentication=True)
CLOSED_HOUSE = replace(OPEN, organisation_needs_authentication=True)
LISTING = Mailbox(address=BEN, accept_from=(Correspondent("chris@remote.example"),))


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
        (found(LISTING, CLOSED), None),
        (found(LISTING, replace(CLOSED, accepted=False)), "sender-not-authenticated-for-mailbox"),
        (found(LISTING, CLOSED_HOUSE), None),
        (found(Mailbox(address=BEN), CLOSED, COLLEAGUE), None),
        (found(Mailbox(address=BEN), CLOSED_HOUSE, connector=OUR_SERVER), None),
    ],
)
def test_insiders_recipients_are_closed_to_strangers(facts, cause):
    assert cause_of(judge(facts)) == cause


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "5.7.13"),
        ({"connector": RELAY, "organisation": CONTOSO}, "5.7.135"),
        ({"connector": RELAY, "organisation": None}, "5.7.13"),
    ],
)
def test_a_folder_tells_outsiders_from_servers_of_its_own_organisation(more, status):
    verdict = judge(found(PublicFolder(address=BEN), CLOSED, STRANGER, **more))

    assert str(verdict.status) == status
