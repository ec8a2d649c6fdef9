"""Refuse the whole message where the sender's own organisation blocks one of its recipients.

The organisation decided that nobody of its own writes there. Sent to the rest, the message would go
out without anybody having read the warning.
"""

from whybounce.gateway.addresses import domain_of, key_of
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse with the names of all that are blocked."""
    if facts.organisation is None or not facts.is_ours:
        return PASS
    listed = {each.key for each in facts.organisation.blocked_recipients}
    named = [each.address for each in facts.envelope.recipients]
    blocked = [address for address in named if not listed.isdisjoint(_names(address))]
    if not blocked:
        return PASS
    return Refuse("tenant-block-list", {**facts.values, "recipient": ", ".join(blocked)})


def _names(address: str) -> set[str]:
    return {key_of(address), f"@{domain_of(address)}"}


POLICY = Policy(
    "tenant_block_list",
    Stage.MESSAGE,
    ("tenant-block-list",),
    judge,
    settings=("organisation.blocked-recipients",),
)
