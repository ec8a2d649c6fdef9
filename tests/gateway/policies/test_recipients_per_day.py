"""How many recipients an account may write to in 24 hours."""

import pytest
from msgspec import structs

from facts import BEN, COLLEAGUE, STRANGER, cause_of, replace, words_of
from whybounce.gateway.directory import Mailbox
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.recipients_per_day import POLICY, judge
from whybounce.vocabulary.envelope import Envelope, Recipient

THREE = Mailbox(address=BEN, recipients_per_day=3)
UNLIMITED = Mailbox(address=BEN, recipients_per_day=0)
SEVEN = Limits(recipients_per_day=7)


def wrote(before: int, now: int = 0, facts=COLLEAGUE, *, esmtp: bool = True, **more: object):
    """Return the facts of an account that wrote to so many before, and to some by this message."""
    named = tuple(Recipient(f"r{number}@remote.example") for number in range(now))
    return replace(
        facts,
        session=replace(facts.session, esmtp=esmtp),
        envelope=replace(facts.envelope, recipients=named),
        counts={"recipients-per-day": before},
        **more,
    )


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (wrote(2, mailbox=THREE), None),
        (wrote(3, mailbox=THREE), "daily-recipient-limit"),
        (wrote(0, 2, mailbox=THREE), None),
        (wrote(0, 3, mailbox=THREE), "daily-recipient-limit"),
        (wrote(2, 1, mailbox=THREE), "daily-recipient-limit"),
        (wrote(3, mailbox=THREE, esmtp=False), "submission-quota-exceeded"),
        (wrote(2, mailbox=THREE, esmtp=False), None),
        (wrote(10_000, mailbox=UNLIMITED, limits=SEVEN), None),
        (wrote(6, limits=SEVEN), None),
        (wrote(7, limits=SEVEN), "daily-recipient-limit"),
        (wrote(4, mailbox=THREE, limits=SEVEN), "daily-recipient-limit"),
        (wrote(10_000), None),
        (wrote(10_000, facts=STRANGER, limits=SEVEN), None),
    ],
)
def test_the_recipient_beyond_the_limit_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_a_report_of_an_account_counts_and_names_the_account():
    facts = replace(wrote(3, mailbox=THREE), envelope=Envelope(""))

    assert "anna@contoso.example" in words_of(judge(facts))


def test_an_account_is_one_however_it_is_written_and_counted_only_under_a_limit():
    (tally,) = POLICY.tallies
    shouting = structs.replace(COLLEAGUE.login.account, name="Anna@Contoso.EXAMPLE")
    facts = replace(wrote(0, limits=SEVEN), login=replace(COLLEAGUE.login, account=shouting))

    assert tally.key(facts) == "recipients-per-day anna@contoso.example"
    assert tally.key(wrote(0)) == ""
    assert tally.key(wrote(0, facts=STRANGER, limits=SEVEN)) == ""
