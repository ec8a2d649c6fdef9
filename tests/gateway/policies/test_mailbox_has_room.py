"""Which mail a full mailbox is not sent."""

import pytest

from facts import BEN, COLLEAGUE, STRANGER, cause_of, found, replace, words_of
from whybounce.gateway.addresses import MailAddress
from whybounce.gateway.directory import Alias, Group, Mailbox, PublicFolder
from whybounce.gateway.policies import Judge, Mode, Need, Refuse, Stage
from whybounce.gateway.policies.mailbox_has_room import POLICY, judge
from whybounce.gateway.values import Endpoint, Size
from whybounce.vocabulary.envelope import Envelope, Recipient

TEN = Mailbox(address=BEN, quota=Size(10))
FOLDER = PublicFolder(address=BEN, quota=Size(10))
ERIK = MailAddress("erik@fabrikam.example")
ALIAS = Alias(address=MailAddress("help@contoso.example"), to=(BEN,))


def of(entry, held, size=None, facts=STRANGER):
    """Return the facts of who writes to a mailbox that holds so much."""
    return found(entry, facts=facts, held=held, envelope=Envelope("a@b.example", size=size))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (of(TEN, 7, 4), "mailbox-full"),
        (of(TEN, 7, 3), None),
        (of(TEN, 0, 11), "mailbox-full"),
        (of(TEN, 0, 10), None),
        (of(TEN, 11), "mailbox-full"),
        (of(TEN, 10), "mailbox-full"),
        (of(TEN, 9), None),
        (of(TEN, 11, 0), "mailbox-full"),
        (of(TEN, 7, 4, COLLEAGUE), "mailbox-full"),
        (replace(of(TEN, 11), envelope=Envelope("")), "mailbox-full"),
        (of(FOLDER, 7, 4), "mailbox-full"),
        (of(FOLDER, 7, 3), None),
        (of(Mailbox(address=BEN, quota=Size(0)), 0, 1), "mailbox-full"),
        (of(TEN, None, 99), None),
        (of(Mailbox(address=BEN), 99, 99), None),
        (of(Mailbox(address=BEN, quota=Size(10), forward_to=(ERIK,)), 99, 99), None),
        (of(Mailbox(address=BEN, quota=Size(10), lmtp=Endpoint("[::1]:24")), 99, 99), None),
        (of(Mailbox(address=BEN, quota=Size(10), disabled=True), 99, 99), None),
        (of(Mailbox(address=BEN, quota=Size(10), moved_to=ERIK), 99, 99), None),
        (replace(of(ALIAS, 7, 4), stands_for=TEN), "mailbox-full"),
        (replace(of(ALIAS, 7, 3), stands_for=TEN), None),
        (of(ALIAS, 99, 99), None),
        (of(Group(address=BEN), 99, 99), None),
        (STRANGER, None),
    ],
)
def test_what_the_quota_has_no_room_for_is_refused(facts, cause):
    """Not where it is not known how much is held, nor where somebody else keeps or gets the mail."""
    assert cause_of(judge(facts)) == cause


@pytest.mark.parametrize(
    ("facts", "evidence"),
    [
        (of(TEN, 7, 4), "7 of 10 octets are used, and 4 more are declared"),
        (of(TEN, 11), "11 of 10 octets are used"),
    ],
)
def test_it_is_for_good_and_written_down_with_its_numbers(facts, evidence):
    """As at delivery; whoever sends hears no numbers."""
    verdict = judge(facts)

    assert isinstance(verdict, Refuse)
    assert verdict.evidence == evidence
    assert words_of(verdict) == "552 5.2.2 Mailbox of ben@contoso.example is full"


def test_an_alias_is_refused_in_the_name_that_the_sender_wrote():
    """Whose it is, they need not know; who reads the trace does."""
    to = Recipient(ALIAS.address)
    verdict = judge(replace(of(ALIAS, 11), stands_for=TEN, recipient=to))

    assert isinstance(verdict, Refuse)
    assert words_of(verdict) == "552 5.2.2 Mailbox of help@contoso.example is full"
    assert verdict.evidence == "11 of 10 octets are used in ben@contoso.example"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (
            Mode.DEFER,
            "452 4.2.2 Mailbox of ben@contoso.example is full; it can take mail again when there is room",
        ),
        (Mode.LOG, None),
        (Mode.OFF, None),
    ],
)
def test_an_operator_may_want_otherwise(mode, words):
    judgement = Judge((POLICY,), {POLICY.name: mode}).judge(Stage.RCPT, of(TEN, 11))

    assert (words_of(judgement.verdict) if judgement.policy else None) == words
    assert [each.cause for _, each in judgement.logged] == (
        ["mailbox-full"] if mode is Mode.LOG else []
    )


def test_mail_for_a_postmaster_is_taken_however_full_the_mailbox_is():
    """RFC 5321 §4.5.1."""
    to = Recipient(MailAddress("postmaster@contoso.example"))
    facts = replace(of(TEN, 11), recipient=to)

    assert cause_of(judge(facts)) == "mailbox-full"
    assert Judge((POLICY,), {}).judge(Stage.RCPT, facts).policy == ""


def test_nobody_is_counted_where_it_is_off():
    assert Judge((POLICY,), {}).needs(Stage.RCPT) == {Need.ROOM}
    assert Judge((POLICY,), {POLICY.name: Mode.OFF}).needs(Stage.RCPT) == frozenset()
