"""Refuse mail for a mailbox that is full, before it is sent for nothing.

Whoever is told at RCPT knows at once. Taken first, it would come back as a notice, and a notice to a
forged sender hits somebody who wrote nothing. A message whose size was not declared (RFC 1870) may still
be too much for the room there is: delivery finds out. So it does where a mailbox's mail is forwarded,
which goes on though nothing more can be kept.

An alias of one mailbox is refused like that one, in its own name. A list, and an alias of several, is not:
others of them may have room.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_CAUSE = "mailbox-full"


def judge(facts: Facts) -> Verdict:
    """Refuse what the quota has no room for. How much is held may not be known."""
    held, size = facts.held, facts.envelope.size
    # No message has no octet: what is full to the last one has room for none.
    if held is None or (quota := facts.quota) is None or held + (size or 1) <= quota:
        return PASS
    where = f" in {facts.stands_for.address}" if facts.stands_for else ""
    more = f", and {size} more are declared" if size else ""
    return Refuse(_CAUSE, facts.values, f"{held} of {quota} octets are used{where}{more}")


POLICY = Policy(
    "mailbox_has_room",
    Stage.RCPT,
    (_CAUSE,),
    judge,
    settings=("mailbox.quota", "public-folder.quota"),
    needs=frozenset({Need.ROOM}),
)
