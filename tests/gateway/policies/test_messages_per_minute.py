"""How many messages an account may send in a minute."""

import pytest

from facts import BEN, COLLEAGUE, STRANGER, cause_of, replace, words_of
from whybounce.gateway.directory import Mailbox
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.messages_per_minute import POLICY, judge

TWO = Mailbox(address=BEN, messages_per_minute=2)
FIVE = Limits(messages_per_minute=5)


def sent(number: int, facts=COLLEAGUE, **more: object):
    """Return the facts of an account that sent so many."""
    return replace(facts, counts={"messages-per-minute": number}, **more)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (sent(1, mailbox=TWO), None),
        (sent(2, mailbox=TWO), "submission-quota-exceeded"),
        (sent(2, mailbox=TWO, limits=FIVE), "submission-quota-exceeded"),
        (sent(4, limits=FIVE), None),
        (sent(5, limits=FIVE), "submission-quota-exceeded"),
        (sent(9, mailbox=Mailbox(address=BEN, messages_per_minute=0), limits=FIVE), None),
        (sent(9), None),
        (sent(9, STRANGER, limits=FIVE), None),
    ],
)
def test_the_message_beyond_the_limit_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_account_is_told_and_counted():
    (tally,) = POLICY.tallies

    assert "anna@contoso.example" in words_of(judge(sent(5, limits=FIVE)))
    assert tally.key(sent(0, limits=FIVE)) == "messages-per-minute anna@contoso.example"
    assert tally.key(sent(0)) == ""
