"""Refuse journal reports where the organisation has no archive for them.

A journal report is a copy that an organisation's own server sends to its archive. Taken without one,
it would fill somebody's mailbox with everybody's mail.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_MARK = "x-ms-journal-report"


def judge(facts: Facts) -> Verdict:
    """Refuse copies that servers of the recipient's own organisation made, if it takes none."""
    if facts.content is None or facts.connector is None or facts.organisation is None:
        return PASS
    if not any(name.lower() == _MARK for name, _ in facts.content.fields):
        return PASS
    for taken in facts.taken:
        own = taken.receiving
        if own is not None and own == facts.organisation and not own.journaling_archive:
            return Refuse("journaling-not-supported", taken.values)
    return PASS


POLICY = Policy(
    "journal_taken",
    Stage.MESSAGE,
    ("journaling-not-supported",),
    judge,
    settings=("organisation.journaling-archive",),
)
