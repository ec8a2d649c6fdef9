"""Refuse servers of ours that send for domains which are not ours, once they do it often.

A forwarded message may bear a stranger's return path. Hundreds of them mean that a server behind the
connector is abused, or that somebody forgot to register a domain.
"""

from datetime import timedelta

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage, Tally
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_UNREGISTERED = Tally(
    "unregistered-senders",
    timedelta(days=1),
    Stage.RCPT,
    lambda facts: facts.organisation.name if facts.organisation and _is_foreign(facts) else "",
)


def judge(facts: Facts) -> Verdict:
    """Refuse mail to outside by a connector, from a domain its organisation does not have."""
    limit = facts.limits.unregistered_per_day
    if not limit or facts.domain is not None or not _is_foreign(facts):
        return PASS
    sent = facts.counts.get(_UNREGISTERED.name, 0)
    if sent < limit:
        return PASS
    why = f"{sent} recipients within a day were written to from domains that are not registered"
    return Refuse("unregistered-domains", facts.values, why)


def _is_foreign(facts: Facts) -> bool:
    by_connector = facts.connector is not None and facts.login is None
    return by_connector and bool(facts.sender) and facts.sender_registered is False


POLICY = Policy(
    "sender_domain_registered",
    Stage.RCPT,
    ("unregistered-domains",),
    judge,
    settings=("limits.unregistered-per-day", "organisation.domain"),
    tallies=(_UNREGISTERED,),
)
