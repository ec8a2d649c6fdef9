"""Is it final, who must act, will sending again help, should the address be dropped: all decided here."""

from whybounce.vocabulary.cause import Again, Cause, Reason, Suppress
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.status_code import StatusCode

_BY_ACTION = {Action.FAILED: True, Action.DELAYED: False}
_BY_DIGIT = {5: True, 4: False}


def is_final(
    action: Action | None, reply_code: int | None, status: StatusCode | None, cause: Cause
) -> bool | None:
    """Say whether this message will never arrive; None where nothing tells, or it arrived.

    Decided in this order: the Action (RFC 3464 §2.3.3), the reply's first digit (RFC 5321
    §4.2.1), the code's class (RFC 3463 §3.1), the cause. ``550 4.4.7`` is final: the message
    has expired, though the address may be good.
    """
    if action is not None:
        return _BY_ACTION.get(action)
    if reply_code is not None:
        return _BY_DIGIT.get(reply_code // 100)
    if status is not None:
        return _BY_DIGIT.get(status.class_)
    if cause.id == "unknown":
        return None
    return not (cause.owner is FixItOwner.NOBODY or _is_tried_again(cause))


def _is_tried_again(cause: Cause) -> bool:
    """Say whether mail systems go on trying by themselves where only words are given.

    A connection that failed is no refusal: RFC 5321 §4.5.4.1 has the client try again. A loop that
    was found is one: the code that a cause names first is the one that it usually comes with.
    """
    if cause.codes and cause.codes[0].first.class_ == 5:
        return cause.again[5] is Again.BEING_RETRIED
    if cause.reason in {
        Reason.NETWORKERROR,
        Reason.FAILEDSTARTTLS,
        Reason.EXPIRED,
        Reason.NOTACCEPT,
    }:
        return cause.again[4] is Again.BEING_RETRIED
    return cause.again[5] is Again.BEING_RETRIED


def again(cause: Cause, final: bool | None) -> Again:  # noqa: FBT001  # a fact, not a switch
    """Say whether sending again helps. Not final means that systems are trying by themselves."""
    if final is False:
        return Again.BEING_RETRIED
    return Again.LATER if cause.is_given_up(final) else cause.again[5]


def owner(cause: Cause, final: bool | None) -> FixItOwner:  # noqa: FBT001  # a fact, not a switch
    """Say who must act: the sender, once what needed nobody but time was given up."""
    needed_time = cause.owner is FixItOwner.NOBODY
    return FixItOwner.SENDER if needed_time and cause.is_given_up(final) else cause.owner


def suppress(
    cause: Cause,
    final: bool | None,  # noqa: FBT001  # a fact, not a switch
) -> Suppress:
    """Say whether to stop mailing the address: never for what may still arrive."""
    return Suppress.NO if final is False else cause.suppress
