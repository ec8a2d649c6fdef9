"""Refuse what a restricted organisation sends to outside.

When most of what an organisation sends looks suspicious, every other tenant's mail suffers. It still
receives, and its people still reach one another. An organisation nobody knows yet does not send to outside
before somebody has vouched for it.
"""

from collections.abc import Mapping

from whybounce.gateway.directory.nouns import Sending
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict
from whybounce.vocabulary.status_code import StatusCode

_THRESHOLD, _UNPROVEN = "tenant-threshold-exceeded", "traffic-not-accepted-from-ip"
_CONNECTOR, _OTHER = "bad-inbound-connector", "tenant-restricted"
_CAUSES = (_THRESHOLD, _UNPROVEN, _CONNECTOR, _OTHER)

# The number in 5.7.700 to 5.7.749 by the word a block's reason begins with.
NUMBERS: Mapping[str, int] = {
    "suspicious": 700,
    "bulk": 701,
    "phishing": 702,
    "forwarding": 704,
    "expired": 709,
    "investigation": 749,
}


def judge(facts: Facts) -> Verdict:
    """Refuse mail to outside by blocks of the organisation, and by what the directory says of it."""
    whose = facts.organisation
    if whose is None or facts.domain is not None:
        return PASS
    for cause in _CAUSES:
        if block := facts.block(cause, "organisation"):
            return Refuse(cause, facts.values, block.reason, _status(cause, block.reason))
    if whose.sending in {Sending.RESTRICTED, Sending.BANNED}:
        return Refuse(_OTHER, facts.values, "as the directory says", _status(_OTHER, ""))
    if not whose.proven:
        return Refuse(_UNPROVEN, facts.values, "nobody has vouched for the organisation yet")
    return PASS


def _status(cause: str, reason: str) -> StatusCode | None:
    """Return the code that names the sub-reason; None where the cause has one code."""
    if cause != _OTHER:
        return None
    word = reason.partition(" ")[0].rstrip(":,").lower()
    return StatusCode(5, 7, NUMBERS.get(word, NUMBERS["suspicious"]))


POLICY = Policy(
    "organisation_may_send",
    Stage.RCPT,
    _CAUSES,
    judge,
    settings=("organisation.sending", "organisation.proven"),
    needs=frozenset({Need.BLOCKS}),
    blocks=("organisation",),
)
