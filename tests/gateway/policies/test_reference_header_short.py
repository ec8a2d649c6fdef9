"""How long Rich Text's field may be."""

import pytest

from facts import cause_of, replace, sent
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.reference_header_short import judge
from whybounce.gateway.values import Size


@pytest.mark.parametrize(
    ("header", "most", "cause"),
    [
        ("X-Dg-Ref: " + "A" * 100, 100, None),
        ("X-Dg-Ref: " + "A" * 101, 100, "rich-text-header-too-long"),
        ("x-dg-ref: short\nx-dg-ref: " + "A" * 101, 100, "rich-text-header-too-long"),
        ("X-Dg-Ref: " + "A" * 60_000, 0, None),
        ("References: " + "<a@b.example> " * 100, 100, None),
    ],
)
def test_only_that_field_is_bounded(header, most, cause):
    facts = replace(sent(header), limits=Limits(reference_header=Size(most)))

    assert cause_of(judge(facts)) == cause
