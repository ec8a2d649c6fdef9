"""What an administrator's rules find in a header."""

import pytest

from facts import STRANGER, cause_of, replace, sent
from whybounce.gateway.directory import MailFlowRule
from whybounce.gateway.policies.rules_about_words import judge

SECRET = MailFlowRule(name="no secrets", words=("Top Secret", "straße"))
LABEL = MailFlowRule(name="labels", field="X-Label", words=("internal",))
PEOPLE = MailFlowRule(name="no rivals")


def holding(header, *rules: MailFlowRule):
    """Return the facts of a message for two, the second of whom the rules are about."""
    return sent(header, replace(STRANGER, taken=(STRANGER, replace(STRANGER, rules=rules))))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (holding("Subject: Minutes", SECRET), None),
        (holding("Subject: this is TOP SECRET stuff", SECRET), "delivery-not-authorized"),
        (holding("subject: top secret", SECRET), "delivery-not-authorized"),
        (holding("Subject: =?utf-8?b?VE9QIFNFQ1JFVA==?=", SECRET), "delivery-not-authorized"),
        (holding("Subject: die STRASSE", SECRET), "delivery-not-authorized"),
        (holding("Comments: top secret", SECRET), None),
        (holding("X-Label: Internal only", LABEL), "delivery-not-authorized"),
        (holding("Subject: internal", LABEL), None),
        (holding("Subject: top secret", PEOPLE), None),
        (holding("Subject: top secret"), None),
        (holding("Subject: top secret", LABEL, SECRET), "delivery-not-authorized"),
    ],
)
def test_a_word_in_the_rules_field_decides(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_rule_and_word_are_named_in_the_trace():
    verdict = judge(holding("Subject: TOP secret", SECRET))

    assert verdict.evidence == "mail-flow rule no secrets found 'Top Secret' in Subject"
