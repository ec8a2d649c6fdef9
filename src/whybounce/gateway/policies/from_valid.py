"""Refuse messages that do not name their author in one From field: RFC 5322 §3.6, §3.6.2.

Without it nobody can be answered, and nothing about the sender can be checked. Two From fields are a
way to show people another author than the one that was checked.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.notation import mailboxes


def judge(facts: Facts) -> Verdict:
    """Refuse none, several, and one without an address that can be used."""
    if facts.content is None:
        return PASS
    authors = [value for name, value in facts.content.fields if name.lower() == "from"]
    if len(authors) == 1 and mailboxes(authors[0]):
        return PASS
    why = "it holds no address" if len(authors) == 1 else f"there are {len(authors)} From fields"
    return Refuse("no-valid-from", facts.values, why)


POLICY = Policy("from_valid", Stage.MESSAGE, ("no-valid-from",), judge)
