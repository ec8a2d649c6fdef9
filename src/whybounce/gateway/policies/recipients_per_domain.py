"""Put off more recipients at one of our domains than are taken with one message.

The sending server gives the others with the next message, as RFC 5321 §4.5.3.1.10 has it: each part
is small enough to be judged and delivered soon.
"""

from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Defer, Verdict

_CAUSE = "too-many-recipients-at-once"


def judge(facts: Facts) -> Verdict:
    """Put off the recipients beyond the limit; our own people's programs would not try again."""
    limit, domain, before = facts.limits.recipients_per_domain, facts.domain, facts.envelope
    if not limit or facts.is_ours or domain is None or len(before.recipients) < limit:
        return PASS
    there = sum(folded_domain(each.domain) == domain.name for each in before.recipients)
    if there < limit:
        return PASS
    return Defer(_CAUSE, {**facts.values, "limit": str(limit)}, f"{there} recipients already")


POLICY = Policy(
    "recipients_per_domain",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("limits.recipients-per-domain",),
)
