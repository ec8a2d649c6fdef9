"""Which authors a message may name."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, sent
from whybounce.gateway.policies.from_valid import judge


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        ("From: chris@remote.example", None),
        ("FROM: Chris <chris@remote.example>", None),
        ("From: a@x.example, b@y.example\nSender: a@x.example", None),
        ("From: Chris <jürgen@remote.example>", None),
        ("From: =?utf-8?q?Chris?= <chris@remote.example>\nReply-To: who", None),
        ("Subject: none", "no-valid-from"),
        ("From: chris@remote.example\nFrom: ceo@contoso.example", "no-valid-from"),
        ("From: chris@remote.example\nfrom: chris@remote.example", "no-valid-from"),
        ("From: Chris", "no-valid-from"),
        ("From: Chris chris@remote.example", "no-valid-from"),
        ("From: Chris <>", "no-valid-from"),
        ("From: undisclosed:;", "no-valid-from"),
        ("Sender: chris@remote.example", "no-valid-from"),
    ],
)
def test_one_from_field_names_an_author(header, cause):
    assert cause_of(judge(sent(header))) == cause
    assert cause_of(judge(sent(header, COLLEAGUE))) == cause


def test_it_is_said_which_of_the_three_it_was():
    evidence = [
        judge(sent(header)).evidence for header in ("Subject: x", "From: a", "From: a\nFrom: b")
    ]

    assert evidence == ["there are 0 From fields", "it holds no address", "there are 2 From fields"]


def test_before_the_message_nobody_is_judged():
    assert cause_of(judge(STRANGER)) is None
