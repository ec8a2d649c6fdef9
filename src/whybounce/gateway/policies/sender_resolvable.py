"""Refuse addresses that are none outside one Exchange organisation, and senders who are blocked.

IMCEAEX-… stands for an entry in somebody's directory (X.500). It is left behind in saved messages and
in auto-complete lists, and leads nowhere once the entry has moved.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "sender-denied"
_ENCAPSULATED = "imcea"  # [MS-OXCMAIL] 2.1.3.4: IMCEAEX, IMCEAX400, IMCEAFAX …


def judge(facts: Facts) -> Verdict:
    """Refuse a sender or a recipient in such a form, and a sender with a block in force."""
    if facts.block(_CAUSE, "sender"):
        return Refuse(_CAUSE, facts.values, "the sender is blocked")
    for address in (facts.sender, facts.recipient.address):
        if _is_legacy(address) and (address == facts.sender or facts.found is None):
            return Refuse(_CAUSE, facts.values, f"{address} is no address outside its organisation")
    return PASS


def _is_legacy(address: str) -> bool:
    head, hyphen, _ = address.partition("-")
    return bool(hyphen) and head.lower().startswith(_ENCAPSULATED)


POLICY = Policy(
    "sender_resolvable",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    needs=frozenset({Need.BLOCKS}),
    blocks=("sender",),
)
