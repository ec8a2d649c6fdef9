"""What a mail's own words tell: who did not get it, and what is said about each.

Bounces in prose are read by this alone; reports with a machine part, where that part names nobody.
"""

import re
from dataclasses import replace

from whybounce.notation import read_text
from whybounce.reading.account import Account, accounts_of
from whybounce.reading.mime import Message
from whybounce.reading.original import read_original
from whybounce.reading.recipients import Named, addresses_in, recipients_of
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Original

_LONGEST_ACCOUNT = 4_000
# Something is said where two words follow each other, or a reply begins.
_WORDS = re.compile(
    r"[^\W\d_]{2,}[:,.!]?\s+[^\W\d_]{2,}|[\u3040-\u9fff\u0e00-\u0e7f]{6,}|[45]\d\d[ -]\S"
)


def told_by(message: Message) -> tuple[Account, Original | None, tuple[Outcome, ...]] | None:
    """Return the account that names somebody, the original, and each one's outcome; or None."""
    for account in accounts_of(message):
        original = read_original(message, account.returned)
        named = recipients_of(
            account.text,
            own=_own_addresses(message),
            header=message.field("x-failed-recipients"),
            original=original,
        )
        if named:
            return (
                account,
                original,
                tuple(_outcome(one, account, alone=len(named) == 1) for one in named),
            )
    return None


def said_about(address: str, message: Message, *, alone: bool) -> Outcome | None:
    """Return what the mail's words say about that address alone, if they name it.

    What does not stand on the address's own lines counts only where the report is about it
    ``alone``, and only if it is a reply: what is said to every reader is not why it failed.
    """
    for account in accounts_of(message):
        if address.lower() not in account.text.lower():
            continue
        named = recipients_of(account.text, own=(), header=None, original=None)
        own = next((one for one in named if one.address.lower() == address.lower()), None)
        if own and _WORDS.search(own.said):
            return read_text(own.said)
        told = _said_about(Named(address, ""), account.text, alone=True) if alone else Outcome()
        if told.reply and told.reply.code:
            return told
    return None


def _own_addresses(message: Message) -> set[str]:
    """Return whose names stand in a report without having failed: its writer and its reader."""
    fields = ("from", "sender", "reply-to", "to", "delivered-to", "errors-to", "return-path")
    return {address for name in fields for address in addresses_in(message.field(name))}


def _outcome(named: Named, account: Account, *, alone: bool) -> Outcome:
    inferred = {"recipient": named.inferred} if named.inferred else {}
    return replace(
        _said_about(named, account.text, alone=alone),
        recipient=named.address,
        original_recipient=named.original,
        inferred=inferred,
    )


def _said_about(named: Named, text: str, *, alone: bool) -> Outcome:
    """Return what is said about the recipient: in its own lines, else in what all share.

    Where others are named, words of its own are all there is: the reply near them is another's.
    """
    if not alone and _WORDS.search(named.said):
        return read_text(named.said)
    begin = text.lower().find(named.address.lower())
    candidates = (
        named.said,
        text[begin + len(named.address) :][:_LONGEST_ACCOUNT].lstrip(">)]:;,. \n")
        if begin >= 0
        else text,
        text[: max(begin, 0)][-_LONGEST_ACCOUNT:],
    )
    first: Outcome | None = None
    for said in candidates:
        if not _WORDS.search(said):
            continue
        quoted = read_text(said)
        if quoted.reply and (quoted.reply.code or quoted.reply.status):
            return quoted
        first = first or quoted
    return first or Outcome()
