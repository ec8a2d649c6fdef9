"""Whom an administrator's rules keep apart."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, replace
from whybounce.gateway.directory import MailFlowRule
from whybounce.gateway.policies.rules_about_people import judge

APART = MailFlowRule(name="no rivals")
WORDS = MailFlowRule(name="no secrets", words=("secret",))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, rules=(APART,)), "delivery-not-authorized"),
        (replace(COLLEAGUE, rules=(APART,)), "delivery-not-authorized"),
        (replace(STRANGER, rules=(WORDS,)), None),
        (replace(STRANGER, rules=(WORDS, APART)), "delivery-not-authorized"),
    ],
)
def test_a_rule_without_words_is_told_at_once(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_rule_is_named_in_the_trace():
    assert judge(replace(STRANGER, rules=(APART,))).evidence == "mail-flow rule no rivals"
