"""Refuse messages that go round in a circle: RFC 5321 §6.3.

Every server writes a Received field. Too many of them, or too many of our own, and two servers send
the message to each other for ever; so does mail of a connector that was here before and would go back
by it. Who refuses at once ends the circle, and the server before us tells the sender.
"""

import re

from whybounce.gateway.addresses import folded_domain
from whybounce.gateway.directory import DomainKind
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.vocabulary.status_code import StatusCode

_CAUSE = "routing-loop"
_TOO_OFTEN = StatusCode(5, 4, 14)
_BY_CONNECTOR = StatusCode(5, 4, 6)

_BY = re.compile(r"\bby\s+(\S+)", re.IGNORECASE)


def judge(facts: Facts) -> Verdict:
    """Refuse what came too far, was here too often, or comes back from where we send it."""
    if facts.content is None:
        return PASS
    ways = [value for name, value in facts.content.fields if name.lower() == "received"]
    passes = sum(_is_ours(value, facts.host) for value in ways)
    why = f"{len(ways)} Received fields, {passes} of them ours"
    if len(ways) > facts.limits.hops or passes >= facts.limits.resubmissions:
        return Refuse(_CAUSE, facts.values, why, _TOO_OFTEN)
    back = next((each for each in facts.taken if passes and _goes_back(each)), None)
    if back is not None and facts.connector is not None:
        why += (
            f"; {back.recipient.address} would go back by the connector of {facts.connector.name}"
        )
        return Refuse(_CAUSE, back.values, why, _BY_CONNECTOR)
    return PASS


def _is_ours(received: str, host: str) -> bool:
    by = _BY.search(received)
    return by is not None and folded_domain(by[1].rstrip(";,")) == host


def _goes_back(taken: Facts) -> bool:
    """Whether it is for a domain that the organisation's own other servers know the people of."""
    if taken.connector is None or taken.organisation is None or taken.domain is None:
        return False
    is_elsewhere = taken.domain.kind is not DomainKind.AUTHORITATIVE and taken.found is None
    return is_elsewhere and taken.receiving == taken.organisation


POLICY = Policy(
    "not_looping",
    Stage.MESSAGE,
    (_CAUSE,),
    judge,
    settings=("limits.hops", "limits.resubmissions", "domain.kind"),
)
