"""The table of answers."""

import pytest

import whybounce
from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.answers import Answer

ANSWERS = {name: row for name, row in vars(answers).items() if isinstance(row, Answer)}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_numbers_agree(answer: Answer):
    """RFC 2034 §4: the status code's class is the reply's first digit."""
    reply = answer.reply

    assert reply.text.isascii()
    assert reply.status is None or reply.status.class_ == reply.code // 100
    assert reply.status is not None or reply.code in {220, 250, 334, 354}
    assert len(answer.octets) <= 512


VALUES = {
    "limit": "1000",
    "seconds": "60",
    "trace": "5f3a",
    "fault": "an address has a domain after the @",
    "octets": "7",
}
REFUSALS = {name: row for name, row in ANSWERS.items() if row.reply.code >= 400}


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_what_we_refuse_we_can_explain(answer: Answer):
    """Every refusal leads to the cause it names, from its own words."""
    explanation = whybounce.explain(str(answer.filled(**VALUES)))
    also = {alternative.cause for alternative in explanation.alternatives}

    assert answer.cause in whybounce.causes()
    assert answer.cause == explanation.cause or answer.cause in also


def test_good_news_has_no_cause():
    """And bad news has one."""
    assert all((row.cause is None) == (row.reply.code < 400) for row in ANSWERS.values())
