"""How many messages a mailbox takes from one sender in an hour."""

import pytest

from facts import BEN, COLLEAGUE, STRANGER, cause_of, found, replace
from whybounce.gateway.directory import Group, Mailbox
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.received_per_hour_from_one_sender import POLICY, judge
from whybounce.vocabulary.envelope import Envelope

PLAIN = Mailbox(address=BEN)
TWO = Limits(received_per_hour_from_one_sender=2)


def wrote(number: int, facts):
    """Return the facts of a sender who wrote so often."""
    return replace(facts, counts={"received-per-hour-from-one-sender": number})


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (wrote(1, found(PLAIN, limits=TWO)), None),
        (wrote(2, found(PLAIN, limits=TWO)), "hourly-limit-from-one-sender"),
        (wrote(2, found(PLAIN, facts=COLLEAGUE, limits=TWO)), "hourly-limit-from-one-sender"),
        (wrote(9, found(PLAIN, limits=TWO, envelope=Envelope(""))), None),
        (wrote(9, found(Group(address=BEN), limits=TWO)), None),
        (wrote(9, found(PLAIN)), None),
        (wrote(9, replace(STRANGER, limits=TWO)), None),
    ],
)
def test_the_message_beyond_the_limit_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_a_pair_of_sender_and_mailbox_is_counted():
    (tally,) = POLICY.tallies
    key = "received-per-hour-from-one-sender ben@contoso.example chris@remote.example"
    shouting = Envelope("Chris@REMOTE.example")

    assert tally.key(found(PLAIN, limits=TWO)) == key
    assert tally.key(found(PLAIN, limits=TWO, envelope=shouting)) == key
    assert tally.key(found(PLAIN, limits=TWO, envelope=Envelope(""))) == ""
