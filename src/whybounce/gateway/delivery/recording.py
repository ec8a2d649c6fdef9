"""What came of an attempt, as others keep it: the store's rows, and the report's Outcome."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from whybounce.catalogue import catalogue
from whybounce.gateway.delivery.attempts import Asked, Attempt, Ending, Obstacle
from whybounce.gateway.store import rows
from whybounce.vocabulary import outcome
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode
from whybounce.wording import own_reply

# RFC 3463 §3.5: delivery by a protocol that gives no status codes. X.0.0 is all that is known then.
_UNTOLD = {Ending.DEFERRED: StatusCode(4, 0, 0), Ending.FAILED: StatusCode(5, 0, 0)}
_GOOD = StatusCode(2, 0, 0)
_ACTIONS = {
    Ending.DELIVERED: Action.DELIVERED,
    Ending.RELAYED: Action.RELAYED,
    Ending.DEFERRED: Action.DELAYED,
    Ending.FAILED: Action.FAILED,
}
_EXPIRED = "message-expired"
_REMOTE_ERROR = "generic-remote-error"
# These become final with numbers of their own; other obstacles as an expired message.
_SECURED = frozenset({
    "certificate-expired", "certificate-host-mismatch", "dnssec-invalid", "mta-sts-certificate",
    "mta-sts-mx-mismatch", "partner-certificate-invalid", "starttls-not-supported", "tlsa-invalid",
})  # fmt: skip
_KEPT_DEFERRING = StatusCode(4, 4, 7)
_NEVER_ANSWERED = StatusCode(5, 4, 300)


def attempt_rows(attempts: Iterable[Attempt]) -> tuple[rows.Attempt, ...]:
    """Return a row for each remote that was asked."""
    return tuple(
        _row(attempt, asked)
        for attempt in attempts
        if not attempt.untried
        for asked in attempt.asked
    )


def untried_rows(attempts: Iterable[Attempt]) -> Mapping[int, rows.Attempt]:
    """Return, for each recipient that waits untried, what its destination was in trouble with."""
    return {
        attempt.recipient.number: _row(attempt, attempt.decided)
        for attempt in attempts
        if attempt.untried
    }


def _row(attempt: Attempt, asked: Asked) -> rows.Attempt:
    remote, reply, obstacle = asked.remote, asked.reply, asked.obstacle
    # A host of our own choice says nothing of the recipient's domain, whose policies RFC 8460 §3 counts.
    return rows.Attempt(
        number=attempt.recipient.number,
        time=asked.time,
        remote=remote.host if remote else None,
        address=remote.address if remote else None,
        tls=remote.tls if remote else None,
        command=asked.command,
        code=reply.code if reply else None,
        status=str(reply.status) if reply and reply.status else None,
        reply=str(reply) if reply else None,
        error=f"{obstacle.cause}: {obstacle.evidence}" if obstacle else None,
        policy=remote.policy if remote and not attempt.through_our_choice else None,
    )


def outcome_of(attempt: Attempt, *, retry_until: datetime | None = None) -> Outcome:
    """Return what the attempt came to, as a report says it."""
    decided, recipient = attempt.decided, attempt.recipient
    reply = reply_of(decided, recipient.address)
    if attempt.ending is Ending.FAILED and decided.reply is not None:
        reply = _wrapped(reply, _values(decided, recipient.address))
    remote = decided.remote.host if decided.remote else None
    is_good = attempt.ending in (Ending.DELIVERED, Ending.RELAYED)
    return Outcome(
        recipient=recipient.address,
        original_recipient=original_of(recipient.orcpt),
        action=_ACTIONS[attempt.ending],
        status=_GOOD if is_good else _status(reply, attempt.ending),
        reply=reply,
        command=decided.command,
        remote=remote,
        rejected_by=remote if decided.reply and not is_good else None,
        last_attempt=decided.time,
        will_retry_until=retry_until,
        attempts=tuple(
            outcome.Attempt(
                asked.time,
                asked.remote.host if asked.remote else None,
                reply_of(asked, recipient.address),
            )
            for asked in attempt.asked
        ),
    )


def expired(attempt: Attempt, *, was_answered: bool) -> Outcome:
    """Return the end of a recipient whose time has run out.

    What concerns how mail is secured ends in its own cause's words; else the message has expired, and
    the last real error stands inside.

    Args:
        attempt: The last one.
        was_answered: Whether any remote ever gave a reply about the recipient: then it kept
            deferring (4.4.7); else nobody was ever reached (5.4.300).

    """
    inner = outcome_of(attempt)
    cause, status = cause_at_expiry(attempt), None
    if cause == _EXPIRED:
        status = _KEPT_DEFERRING if was_answered else _NEVER_ANSWERED
    values = _values(attempt.decided, attempt.recipient.address)
    said = own_reply(catalogue(), cause, VerdictKind.EXPIRED, values, status=status)
    return Outcome(
        recipient=inner.recipient,
        original_recipient=inner.original_recipient,
        action=Action.FAILED,
        status=said.status,
        reply=Reply(
            said.text, said.code, said.status, inner=inner.reply if cause == _EXPIRED else None
        ),
        command=inner.command,
        remote=inner.remote,
        last_attempt=inner.last_attempt,
        attempts=inner.attempts,
    )


def cause_at_expiry(attempt: Attempt) -> str:
    """Return the cause of the end: the last attempt's own, where it concerns how mail is secured."""
    cause = cause_of(attempt)
    return cause if cause in _SECURED else _EXPIRED


def reply_of(asked: Asked, recipient: str) -> Reply:
    """Return the remote's reply, or ours that tells of the obstacle."""
    if isinstance(asked.said, Reply):
        return asked.said
    verdict = VerdictKind.REFUSE if asked.said.permanent else VerdictKind.DEFER
    return own_reply(catalogue(), asked.said.cause, verdict, _values(asked, recipient))


def cause_of(attempt: Attempt) -> str | None:
    """Return the cause that we found ourselves; None where a remote's reply tells it."""
    obstacle = attempt.decided.obstacle
    return obstacle.cause if obstacle else None


def original_of(orcpt: str | None) -> str | None:
    """Return the address of ``rfc822;anna@example.org``."""
    return orcpt.partition(";")[2] or None if orcpt else None


def _values(asked: Asked, recipient: str) -> Mapping[str, str]:
    values = {"recipient": recipient, "domain": recipient.rpartition("@")[2]}
    if asked.remote:
        values["remote"] = asked.remote.host
    if isinstance(asked.said, Obstacle):
        values["reason"] = asked.said.evidence
        if asked.said.limit is not None:
            values["limit"] = f"{asked.said.limit} octets"
    return values


def _wrapped(reply: Reply, values: Mapping[str, str]) -> Reply:
    """Return a remote's refusal; one whose code says nothing, inside ours that says who refused."""
    if reply.status is not None and (reply.status.subject, reply.status.detail) != (0, 0):
        return reply
    ours = own_reply(catalogue(), _REMOTE_ERROR, VerdictKind.REFUSE, values)
    return Reply(ours.text, ours.code, ours.status, inner=reply)


def _status(reply: Reply, ending: Ending) -> StatusCode:
    """Return the reply's status; RFC 3464 §2.3.4 wants one even where the remote gave none."""
    untold = _UNTOLD[ending]
    if reply.status is None or reply.status.class_ == untold.class_:
        return reply.status or untold
    # The first digit of the reply decides; a status that contradicts it loses its class.
    return StatusCode(untold.class_, reply.status.subject, reply.status.detail)
