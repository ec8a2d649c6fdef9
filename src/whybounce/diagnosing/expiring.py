"""What stood behind a report that only says "expired", or "failed" where a reply says "later"."""

from collections.abc import Iterator

from whybounce.diagnosing.case import Case
from whybounce.vocabulary.note import Note, NoteId
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply

# RFC 3463 §3.5 X.4.7: delivery time expired. Exchange Online says X.4.300 for it.
_EXPIRED = {(4, 7), (4, 300)}


def expired_over(case: Case) -> Iterator[Note]:
    """Note the answer that an expired message ran into, or that the last answer was "not now"."""
    for outcome, _ in case.failures:
        reply = outcome.reply
        if reply is None:
            continue
        if reply.inner is not None and _says_expired(reply, outcome):
            outer = str(Reply(reply.text, reply.code, reply.status))
            yield Note(NoteId.EXPIRED_OVER, {"reply": str(reply.innermost), "outer": outer})
            return
        if outcome.action is Action.FAILED and reply.code and reply.code // 100 == 4:
            yield Note(NoteId.GAVE_UP, {"code": reply.code})
            return


def _says_expired(reply: Reply, outcome: Outcome) -> bool:
    status = reply.status or outcome.status
    return status is not None and (status.subject, status.detail) in _EXPIRED
