"""Whose return paths are taken."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, replace
from whybounce.gateway.policies.return_path_owned import judge
from whybounce.vocabulary.envelope import Envelope


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (COLLEAGUE, None),
        (replace(COLLEAGUE, owns_return_path=False), "send-as-denied"),
        (replace(COLLEAGUE, envelope=Envelope(""), owns_return_path=None), None),
        (STRANGER, None),
    ],
)
def test_nobody_sends_as_somebody_else(facts, cause):
    assert cause_of(judge(facts)) == cause
