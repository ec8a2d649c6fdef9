"""What an answer means for a recipient. RFC 5321 §4.2.1, §5.1.

Before MAIL a server speaks of itself: whatever it says there, the next host may do better. From MAIL
on it speaks of this mail: 5yz is its last word and 4yz means later. Only 421 and trouble with the
connection send us on to the next host then, and not after the message's end, when the server may
have the message without our knowing it.
"""

from enum import StrEnum

from whybounce.gateway.smtp.client import Answered, Fault, ServerReply
from whybounce.gateway.smtp.client.results import ENDS, GREETING


class Decision(StrEnum):
    """What to do about the recipient."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    NEXT_HOST = "next-host"  # Ask the next; where there is none: later.
    NEXT_HOST_FINAL = "next-host-final"  # Ask the next; where none says otherwise: never.


_BEFORE_MAIL = frozenset({GREETING, "EHLO", "LHLO", "HELO", "STARTTLS", "AUTH", "connect"})
_CLOSING = 421
_TOO_MANY_RECIPIENTS = 552

_FAULTS = {
    Fault.TOO_LARGE: Decision.FAILED,
    Fault.NEEDS_8BITMIME: Decision.NEXT_HOST_FINAL,
    Fault.NEEDS_SMTPUTF8: Decision.NEXT_HOST_FINAL,
}


def decide(answered: Answered) -> Decision:
    """Return what the answer to that command means."""
    heard = answered.heard
    if isinstance(heard, ServerReply):
        return _of_reply(answered.command, heard)
    if heard in _FAULTS:
        return _FAULTS[heard]
    # After the end the server may have it: another host at once would surely make it two.
    return Decision.DEFERRED if answered.command in ENDS else Decision.NEXT_HOST


def _of_reply(command: str, reply: ServerReply) -> Decision:
    if reply.is_good and command in ENDS:
        return Decision.ACCEPTED
    if reply.code == _CLOSING or reply.code < 400:
        return Decision.NEXT_HOST
    is_final = reply.code >= 500
    if command in _BEFORE_MAIL:
        # A password refused is ours to mend: mail waits for it.
        is_final &= command not in ("AUTH", "STARTTLS")
        return Decision.NEXT_HOST_FINAL if is_final else Decision.NEXT_HOST
    if command == "RCPT" and _is_too_many(reply):
        return Decision.DEFERRED
    return Decision.FAILED if is_final else Decision.DEFERRED


def _is_too_many(reply: ServerReply) -> bool:
    """RFC 5321 §4.5.3.1.10: 552 for too many recipients means 452, unless a status says else."""
    status = reply.reply.status
    too_many = status is None or (status.subject, status.detail) == (5, 3)
    return reply.code == _TOO_MANY_RECIPIENTS and too_many
