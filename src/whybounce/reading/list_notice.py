"""Notices of mailing lists: a message to the list was refused, or waits for a moderator.

Mailman, Sympa, LISTSERV, Majordomo and their kind write them in the list's name, not in a mail
system's. Who did not get the message is the list.
"""

import re

from whybounce.notation import decoded_words, lowered, read_date
from whybounce.reading.account import accounts_of
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of, read_original
from whybounce.reading.recipients import addresses_in
from whybounce.reading.writer import is_about_a_failure
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Defect, Kind, Original, Report

_LONGEST_REPLY = 2_000

_SERVANT = re.compile(
    r"listserv|sympa|majordomo|ezmlm|(?:-bounces|-owner|-request|-admin|-help)@|owner-[^@]{1,64}@",
    re.IGNORECASE,
)
_OF_A_LIST = re.compile(r"^owner-|-(?:bounces|owner|request|admin|help|editor)(?=@)", re.IGNORECASE)
_PROGRAM = re.compile(r"(?:listserv|sympa|majordomo|ezmlm)(?:-[a-z]+)?@", re.IGNORECASE)
_HELD = re.compile(
    r"awaits? (?:the )?moderator|held until|held for (?:approval|moderation)|waiting for approval|was not posted\s+at once"
    r"|moderator(?:'s)? approval|forwarded to the (?:list )?(?:owner|moderator)s? for approval|en attente de (?:validation|modération)"
    r"|wartet auf .{0,40}freigabe|moderiert werden"
)
_REFUSED = re.compile(
    r"rejected by the (?:list )?moderator|automatically rejected|not (?:allowed|authorized|permitted)\s+to\s+(?:post|send)"
    r"|has been rejected|is rejected because|you (?:\(\S{1,100}\) )?are not a member|not member article|a été rejeté|n'êtes pas autorisé|only (?:members|subscribers) (?:can|may) post|rejected posting"
    r"|nicht berechtigt, .{0,60}(?:senden|schreiben)|posting .{0,60}(?:was|is) (?:refused|rejected)"
)
# Requests of all kinds are refused by somebody's help desk; these are about a list.
_ABOUT_A_LIST = re.compile(r"\blist(?:e|a|serv)?\b|listserv|mailing-?list|subscri|moderat|abonn")
_MARKS = ("x-beenthere", "x-mailman-version", "list-id", "x-mlserver")
_CONFIRMS = re.compile(
    r"confirm .{0,20}subscri|welcome to the|unsubscribe request|results of your e-?mail command",
    re.IGNORECASE,
)


def read(message: Message) -> Report | None:
    """Return the report, or None where no list's program wrote that a post was refused or held."""
    writer = f"{message.field('from') or ''} {message.field('sender') or ''}"
    subject = decoded_words(message.field("subject") or "")
    if not _SERVANT.search(writer) or _CONFIRMS.search(subject) or is_about_a_failure(message):
        return None
    if _is_a_posting(message):
        return None
    account = next(accounts_of(message), None)
    if account is None:
        return None
    words = " ".join(lowered(f"{subject}\n{account.text}")[:8_192].split())
    if "subscription request" in words:
        return None
    held = _HELD.search(words)
    if not (held or _REFUSED.search(words)):
        return None
    if not (_ABOUT_A_LIST.search(words) or any(message.field(mark) for mark in _MARKS)):
        return None
    original = read_original(message, account.returned)
    lists = _lists(message, f"{subject}\n{account.text}", original)
    said = " ".join(account.text.split())[:_LONGEST_REPLY]
    return Report(
        kind=Kind.DELAY if held else Kind.FAILURE,
        form="mailing-list",
        date=read_date(message.field("date") or ""),
        language=message.field("content-language"),
        outcomes=tuple(
            Outcome(
                recipient=address,
                action=Action.DELAYED if held else Action.FAILED,
                reply=Reply(said),
                inferred={"action": "the words of the text", **rule},
            )
            for address, rule in lists
        ),
        original=original,
        hops=hops_of(original) if original else (),
        defects=() if lists else (Defect("message", "the list's address is not named"),),
    )


def _is_a_posting(message: Message) -> bool:
    """Say whether the message went to the list's members: a post or a digest.

    A notice to whoever posted names no place to post to (RFC 2369 §3.4) and is not sent to the list.
    """
    if message.field("list-post") is not None:
        return True
    writers = addresses_in(f"{message.field('from') or ''} {message.field('sender') or ''}")
    lists = {_OF_A_LIST.sub("", writer).lower() for writer in writers if _OF_A_LIST.search(writer)}
    written_to = addresses_in(f"{message.field('to') or ''} {message.field('cc') or ''}")
    return not lists.isdisjoint(address.lower() for address in written_to)


def _lists(
    message: Message, text: str, original: Original | None
) -> list[tuple[str, dict[str, str]]]:
    """Return the list's address: as its program states it, else as the message was addressed."""
    stated = addresses_in(message.field("x-beenthere"))
    if stated:
        return [(stated[0], {})]
    people = {address.lower() for address in addresses_in(message.field("to"))}
    named = [a for a in addresses_in(text) if a.lower() not in people and not _is_a_servants(a)]
    if named:
        return [(named[0], {})]
    addressed = addresses_in(original.to if original else None)
    if len(addressed) == 1:
        return [(addressed[0], {"recipient": "the To field of the original"})]
    near = [a for a in addresses_in(text) if _OF_A_LIST.search(a) and not _PROGRAM.match(a)]
    if near:
        rule = "the address of the list's keeper without what its program adds"
        return [(_OF_A_LIST.sub("", near[0]), {"recipient": rule})]
    writer = addresses_in(message.field("from"))
    bare = [_OF_A_LIST.sub("", a) for a in writer[:1]]
    return [(a, {"recipient": "the From field without what its program adds"}) for a in bare]


def _is_a_servants(address: str) -> bool:
    """Say whether it is a program's or a keeper's. Servers are called listserv, too."""
    return _SERVANT.search(address.partition("@")[0] + "@") is not None
