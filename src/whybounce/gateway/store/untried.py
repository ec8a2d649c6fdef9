"""Recipients put off untried: what another message met at their destination, kept as an event.

It is no attempt, counts as none and delays nothing; but it is why the mail waits.
"""

import re
from collections.abc import Iterable

from whybounce.gateway.store.rows import Attempt, Event, Life, Settlement

UNTRIED = "untried"
_REPLY = re.compile(r"(?P<code>[245][0-9]{2})(?:[ -]|$)")


def untried_events(settlement: Settlement) -> Iterable[Event]:
    """Yield an event for each recipient that the settlement puts off without a try of its own."""
    for deferral in settlement.deferrals:
        if deferral.met is not None:
            yield Event(
                settlement.now,
                UNTRIED,
                deferral.met.remote or "",
                deferral.met.error or deferral.met.reply or "",
                settlement.consignment.message.id,
                deferral.number,
            )


def met_of(event: Event) -> Attempt:
    """Return what was met, as if the recipient had been tried when the event happened."""
    reply = _REPLY.match(event.text)
    return Attempt(
        number=0 if event.number is None else event.number,
        time=event.time,
        remote=event.actor or None,
        code=int(reply["code"]) if reply else None,
        reply=event.text if reply else None,
        error=None if reply else event.text,
    )


def latest_of(life: Life) -> dict[int, Attempt]:
    """Return by number what each recipient's last try met, or another's that stands for it."""
    met = [met_of(each) for each in life.events if each.kind == UNTRIED]
    told = sorted((*life.attempts, *met), key=lambda each: each.time)
    return {each.number: each for each in told}
