"""Whose From fields are taken."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, sent
from whybounce.gateway.policies.from_owned import judge

BOSS = "From: The Boss <boss@contoso.example>"


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (sent(BOSS, COLLEAGUE, owns_from=False), "send-as-denied"),
        (sent(BOSS, COLLEAGUE, owns_from=True), None),
        (sent("Subject: Minutes", COLLEAGUE), None),
        (sent(BOSS, STRANGER), None),
    ],
)
def test_nobody_writes_as_somebody_else(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_refusal_names_the_author_who_is_not_theirs():
    assert judge(sent(BOSS, COLLEAGUE, owns_from=False)).values["sender"] == "boss@contoso.example"
