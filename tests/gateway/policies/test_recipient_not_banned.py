"""Whom nothing is delivered to."""

import pytest

from facts import COLLEAGUE, NOW, STRANGER, cause_of, replace
from whybounce.gateway.policies.recipient_not_banned import judge
from whybounce.gateway.store.rows import Block

BAN = Block(
    "B1", "recipient", "ben@contoso.example", "banned-recipient", "a trap", NOW, "ops", None
)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, blocks=(BAN,)), "banned-recipient"),
        (replace(COLLEAGUE, blocks=(BAN,)), "banned-recipient"),
        (replace(STRANGER, blocks=(replace(BAN, kind="ip"),)), None),
        (replace(STRANGER, blocks=(replace(BAN, cause="message-expired"),)), None),
    ],
)
def test_only_a_ban_of_the_recipient_keeps_mail_from_them(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_block_is_named_to_whoever_may_lift_it():
    assert judge(replace(STRANGER, blocks=(BAN,))).evidence == "block B1: a trap"
