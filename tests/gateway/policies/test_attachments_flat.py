"""How many files an attachment may hold."""

import pytest

from facts import STRANGER, cause_of, replace, sent
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.attachments_flat import judge


@pytest.mark.parametrize(
    ("files", "most", "cause"),
    [
        (19, 19, None),
        (20, 19, "nested-attachments"),
        (0, 19, None),
        (1000, 0, None),
    ],
)
def test_an_attachment_holds_as_many_files_as_the_limit_says(files, most, cause):
    facts = sent("From: a@b.example", embedded_files=files)

    assert cause_of(judge(replace(facts, limits=Limits(embedded_files=most)))) == cause


def test_before_the_message_nothing_is_counted():
    assert cause_of(judge(replace(STRANGER, limits=Limits(embedded_files=1)))) is None
