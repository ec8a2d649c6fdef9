"""Whether it failed at the address it was written to: aliases and forwardings show here."""

from collections.abc import Iterator, Sequence
from itertools import islice

from whybounce.diagnosing.case import Case
from whybounce.diagnosing.names import ADDRESS
from whybounce.vocabulary.cause import Reason
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.note import Note, NoteId, NoteMeaning
from whybounce.vocabulary.outcome import Outcome

_LONGEST_FIELD = 16_384
_SHOWN_TO_ALL = {"to", "cc", "resent-to", "resent-cc"}
_MOST_NOTES = 3
_MOST_NAMED = 3

# What is wrong with an address or its mailbox; where it was forwarded to, the forwarding is wrong.
_OF_THE_ADDRESS = {
    Reason.USERUNKNOWN, Reason.HOSTUNKNOWN, Reason.HASMOVED, Reason.SUSPEND, Reason.NOTACCEPT,
}  # fmt: skip


def forwarded(case: Case) -> Iterator[Note]:
    """Note where the recipient that failed is not the one it was sent to. RFC 3464 §2.3.1."""
    found = (pair for pair in case.failures if _was_forwarded(pair[0]))
    for outcome, explanation in islice(found, _MOST_NOTES):
        yield Note(
            NoteId.FORWARDED,
            {
                "original_recipient": outcome.original_recipient or "",
                "recipient": outcome.recipient or "",
            },
            _meaning_of_forwarding(explanation),
        )


def not_in_to(case: Case) -> Iterator[Note]:
    """Note where the address that failed is not one that the message shows."""
    shown = _shown(case)
    if not shown:
        return
    known = {address.casefold() for address in shown}
    found = (
        outcome.recipient
        for outcome, _ in case.failures
        if outcome.recipient
        and outcome.recipient.casefold() not in known
        and ADDRESS.fullmatch(outcome.recipient)
        and not _was_forwarded(outcome)
    )
    for recipient in islice(found, _MOST_NOTES):
        named = ", ".join(shown[:_MOST_NAMED]) + (" …" if len(shown) > _MOST_NAMED else "")
        yield Note(NoteId.NOT_IN_TO, {"recipient": recipient, "to": named})


def _was_forwarded(outcome: Outcome) -> bool:
    """Say whether both addresses are there and differ; X.400's and mailboxes' names are not told."""
    first, last = outcome.original_recipient or "", outcome.recipient or ""
    return first.casefold() != last.casefold() and bool(
        ADDRESS.fullmatch(first) and ADDRESS.fullmatch(last)
    )


def _meaning_of_forwarding(explanation: Explanation) -> NoteMeaning | None:
    if explanation.reason is Reason.AUTHFAILURE:
        return NoteMeaning.FORWARDING_BREAKS_SPF
    if explanation.reason in _OF_THE_ADDRESS:
        return NoteMeaning.MEND_THE_FORWARDING
    return None


def _shown(case: Case) -> Sequence[str]:
    """Return the addresses that every reader of the original sees, without repetitions."""
    original = case.report.original
    if original is None:
        return ()
    values = (value for name, value in original.headers if name.lower() in _SHOWN_TO_ALL)
    text = ",".join(values)[:_LONGEST_FIELD]
    return tuple(dict.fromkeys(ADDRESS.findall(text)))
