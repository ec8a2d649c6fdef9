"""Automatic replies: the message arrived, and a program answered for its reader. RFC 3834."""

from whybounce.notation import read_date
from whybounce.reading.account import accounts_of
from whybounce.reading.mime import Message
from whybounce.reading.original import read_original
from whybounce.reading.recipients import addresses_in
from whybounce.reading.writer import (
    is_about_a_failure,
    is_an_automatic_reply,
    is_by_a_mail_system,
)
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.report import Defect, Kind, Report

_LONGEST_REPLY = 2_000


def read(message: Message) -> Report | None:
    """Return the report, whose recipient is who answers; None where no program did."""
    by_a_system = is_by_a_mail_system(message) or is_about_a_failure(message)
    if by_a_system or not is_an_automatic_reply(message):
        return None
    writers = addresses_in(message.field("from"))
    account = next(accounts_of(message), None)
    said = " ".join(account.text.split())[:_LONGEST_REPLY] if account else ""
    return Report(
        kind=Kind.AUTO_REPLY,
        form="rfc3834",
        date=read_date(message.field("date") or ""),
        language=message.field("content-language"),
        outcomes=tuple(
            Outcome(
                recipient=writer,
                reply=Reply(said) if said else None,
                inferred={"recipient": "the From field: who answers is who got it"},
            )
            for writer in writers[:1]
        ),
        original=read_original(message),
        defects=() if writers else (Defect("From", "no address"),),
    )
