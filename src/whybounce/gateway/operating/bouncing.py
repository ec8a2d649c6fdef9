"""Mail that an operator returns to its sender: an NDR that says so, the last real error inside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from msgspec import structs

from whybounce.catalogue import catalogue
from whybounce.gateway.delivery.concluding import Conclusion, Telling, settlement
from whybounce.gateway.delivery.dispatching import Report
from whybounce.gateway.delivery.recording import original_of
from whybounce.gateway.operating.requests import Change
from whybounce.gateway.store import Deed, Instruction, Schedule, Store
from whybounce.gateway.store.rows import (
    Attempt,
    Consignment,
    Event,
    LeasedRecipient,
    Life,
    State,
    Terminal,
)
from whybounce.gateway.store.untried import latest_of
from whybounce.notation import read_reply
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.wording import own_reply
from whybounce.wording.own_replies import NoReplyFormError

_CAUSE = "returned-by-operator"
_MOST = 1_000  # Recipients returned at once, with one NDR.
_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bouncer:
    """Returns mail."""

    store: Store
    report: Report
    node: str
    schedule: Schedule
    clock: Callable[[], datetime]

    async def bounce(self, id_: str, numbers: frozenset[int], *, by: str, why: str) -> Change:
        """End the recipients that nobody tries at the moment, held ones too; queue the NDR.

        Raises:
            StoreError: Nothing was returned; what was held is held again.

        """
        now = self.clock()
        life = await self.store.life(id_)
        leased = await self.store.lease_message(
            id_, most=_MOST, node=self.node, now=now, until=now + _LEASE, held=True
        )
        every = [recipient for each in leased for recipient in each.recipients]
        meant = [each for each in every if each.number in numbers]
        others = [each for each in every if each.number not in numbers]
        being_tried = len(numbers) - len(meant)
        if not leased:
            return Change(id=id_, changed=0, being_tried=being_tried)
        one = replace(leased[0], recipients=tuple(meant))  # All of one message have one lease.
        try:
            queued = await self._settle(one, life, by, why) if meant else ()
        except BaseException:
            await self._restore(one, life)
            raise
        finally:
            await self._restore(replace(one, recipients=tuple(others)), life)
        return Change(
            id=id_,
            changed=len(meant),
            being_tried=being_tried,
            report=queued[0] if queued else None,
        )

    async def _settle(
        self, consignment: Consignment, life: Life, by: str, why: str
    ) -> tuple[str, ...]:
        now = self.clock()
        last = latest_of(life)
        conclusions = tuple(
            Conclusion(each, Terminal.FAILED, _outcome(each, last.get(each.number)), _CAUSE)
            for each in consignment.recipients
        )
        notices = await self.report(Telling(consignment.message, conclusions, now))
        recorded = settlement(
            consignment,
            (),
            conclusions,
            notices,
            asked=conclusions,
            schedule=self.schedule,
            now=now,
            chance=lambda: 0.5,
        )
        events = (*_events(consignment, by, why, now), *recorded.events)
        return await self.store.settle(replace(recorded, events=events))

    async def _restore(self, consignment: Consignment, life: Life) -> None:
        """Put those that are not returned back to where they stood."""
        if not consignment.recipients:
            return
        now = self.clock()
        before = {each.number: each for each in life.entry.recipients}
        for each in consignment.recipients:
            stood = before[each.number]
            alone = replace(consignment, recipients=(each,))
            await self.store.give_back(alone, due=stood.due or now + _LEASE)
            if stood.state is State.HELD:
                await self.store.operate(
                    Instruction(
                        Deed.HOLD, consignment.message.id, self.node, now, frozenset({each.number})
                    )
                )


def _outcome(recipient: LeasedRecipient, last: Attempt | None) -> Outcome:
    values = {"recipient": recipient.address, "domain": recipient.domain}
    said = own_reply(catalogue(), _CAUSE, VerdictKind.REFUSE, values)
    return Outcome(
        recipient=recipient.address,
        original_recipient=original_of(recipient.orcpt),
        action=Action.FAILED,
        status=said.status,
        reply=structs.replace(said, inner=_last_words(recipient, last)),
        command=last.command if last else None,
        remote=last.remote if last else None,
        last_attempt=last.time if last else None,
    )


def _last_words(recipient: LeasedRecipient, last: Attempt | None) -> Reply | None:
    """Return what the last try came to, in the remote's words or ours."""
    if last is None:
        return None
    if last.reply is not None:
        return read_reply(last.reply)
    cause = (last.error or "").partition(":")[0]
    values = {"recipient": recipient.address, "domain": recipient.domain}
    if last.remote:
        values["remote"] = last.remote
    try:
        return own_reply(catalogue(), cause, VerdictKind.DEFER, values)
    except (NoReplyFormError, KeyError):
        return None


def _events(consignment: Consignment, by: str, why: str, now: datetime) -> Sequence[Event]:
    return [
        Event(now, "bounced", by, why, consignment.message.id, each.number, each.address)
        for each in consignment.recipients
    ]
