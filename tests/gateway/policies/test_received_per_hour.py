"""How many messages a mailbox takes in an hour."""

import pytest

from facts import BEN, COLLEAGUE, STRANGER, cause_of, found, replace
from whybounce.gateway.directory import Group, Mailbox
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.received_per_hour import POLICY, judge

TWO = Mailbox(address=BEN, received_per_hour=2)
PLAIN = Mailbox(address=BEN)
FIVE = Limits(received_per_hour=5)


def got(number: int, facts):
    """Return the facts of a mailbox that got so many."""
    return replace(facts, counts={"received-per-hour": number})


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (got(1, found(TWO)), None),
        (got(2, found(TWO)), "hourly-receive-limit"),
        (got(2, found(TWO, facts=COLLEAGUE)), "hourly-receive-limit"),
        (got(4, found(PLAIN, limits=FIVE)), None),
        (got(5, found(PLAIN, limits=FIVE)), "hourly-receive-limit"),
        (got(9, found(Mailbox(address=BEN, received_per_hour=0), limits=FIVE)), None),
        (got(9, found(PLAIN)), None),
        (got(9, found(Group(address=BEN), limits=FIVE)), None),
        (got(9, STRANGER), None),
    ],
)
def test_the_message_beyond_the_limit_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_a_mailbox_is_counted_by_its_first_address_and_only_under_a_limit():
    (tally,) = POLICY.tallies

    assert tally.key(found(TWO)) == "received-per-hour ben@contoso.example"
    assert tally.key(found(PLAIN)) == ""
    assert tally.key(STRANGER) == ""
