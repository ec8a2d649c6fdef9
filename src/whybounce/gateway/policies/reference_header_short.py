"""Refuse an x-dg-ref field that is too long.

Some programs write all that a Rich Text message refers to into this one field. Where the next server
takes only so much, a refusal here is told in words that help; there it would not be.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_FIELD = "x-dg-ref"


def judge(facts: Facts) -> Verdict:
    """Refuse a field that is longer than the limit, where there is one."""
    most = facts.limits.reference_header
    if facts.content is None or not most:
        return PASS
    longest = max(
        (len(value) for name, value in facts.content.fields if name.lower() == _FIELD), default=0
    )
    if longest <= most:
        return PASS
    return Refuse("rich-text-header-too-long", facts.values, f"it has {longest} characters")


POLICY = Policy(
    "reference_header_short",
    Stage.MESSAGE,
    ("rich-text-header-too-long",),
    judge,
    settings=("limits.reference-header",),
)
