"""Refuse an attachment with too many files inside itself.

Filters look at what is attached, and at what is attached to an attached message, but not for ever:
deep packing hides what would be found. Counted are the files inside messages that are attached.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse more files inside one attachment than the limit, where there is one."""
    most = facts.limits.embedded_files
    if facts.content is None or not most or facts.content.embedded_files <= most:
        return PASS
    why = f"{facts.content.embedded_files} files in one attachment; {most} are allowed"
    return Refuse("nested-attachments", facts.values, why)


POLICY = Policy(
    "attachments_flat",
    Stage.MESSAGE,
    ("nested-attachments",),
    judge,
    settings=("limits.embedded-files",),
    needs=frozenset({Need.STRUCTURE}),
)
