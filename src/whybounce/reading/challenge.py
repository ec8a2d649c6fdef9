"""Challenges: the message waits until its sender proves to be a person."""

import re

from whybounce.notation import decoded_words, read_date
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
from whybounce.vocabulary.report import Defect, Kind, Report

_PROGRAMS = (
    "x-tmda-fingerprint",
    "x-askversion",
    "x-boxtrapper",
    "x-spamarrest-speedcode",
    "x-sa-challenge",
)
_SUBJECT = re.compile(
    r"(?:please |kindly )?(?:confirm|verify) (?:your|that you sent|the delivery of) .{0,40}(?:message|e-?mail|mail)\b(?! address)"
    r"|(?:message|e-?mail) (?:requires|needs|awaiting|pending) (?:your )?(?:confirmation|verification|authori[sz]ation)"
    r"|your (?:message|e-?mail) .{0,60}requires verification|(?:confirmation|verification) (?:is )?(?:required|requested).{0,40}(?:message|e-?mail|deliver)"
    r"|challenge.{0,5}response|action required to deliver",
    re.IGNORECASE,
)
# Said by nobody else.
_SURE = re.compile(
    r"verify that you\s+are a (?:real|human|person)|only from senders (?:that )?i have approved|click (?:on )?the link below so (?:that )?i can receive"
    r"|protecting myself from (?:receiving )?(?:junk|spam)|para que (?:a )?sua mensagem seja (?:encaminhada|entregue|liberada).{0,80}(?:clique|confirm)"
    r"|(?:add yourself to|be (?:put|added) (?:on|to)) my (?:guest|white|safe|approved|allowed)[ -]?(?:senders? )?list"
    r"|to control spam, i now allow|your message (?:is|will be) (?:being )?held until you (?:confirm|verify|reply)",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(?:reply to this (?:message|e-?mail)|click (?:on )?(?:the|this) .{0,30}link|respond to this).{0,300}?(?:deliver|release|confirm|approved|sender)"
    r"|(?:(?:to|please) (?:verify|confirm) that you are|prove (?:that )?you are) (?:a )?(?:human|real|person|not a)"
    r"|dass sie (?:ein mensch|eine person|kein (?:ro)?bot)\b|que vous êtes (?:un humain|une personne|un être humain)|que vous n'êtes pas un robot"
    r"|que (?:usted )?(?:es|eres|você é|é) (?:una persona|uma pessoa|humano)|no es un robot|não é um robô|di essere una persona|non (?:sei|è) un robot|dat u (?:een mens|geen robot)"
    r"|your message (?:to \S{3,320} |attached below )?(?:is being held|has been (?:held|quarantined)|will be delivered).{0,200}?(?:confirm|verify|reply)",
    re.IGNORECASE | re.DOTALL,
)


def read(message: Message) -> Report | None:
    """Return the report, whose recipient is whom the challenge protects; None where it is none."""
    if is_by_a_mail_system(message) or is_about_a_failure(message):
        return None
    account = next(accounts_of(message), None)
    text = account.text[:8_192] if account else ""
    asked = _SUBJECT.search(decoded_words(message.field("subject") or ""))
    by_a_program = any(message.field(name) for name in _PROGRAMS)
    asks = asked or is_an_automatic_reply(message)
    if not (by_a_program or _SURE.search(text) or (asks and _WORDS.search(text))):
        return None
    writers = addresses_in(message.field("from"))
    return Report(
        kind=Kind.CHALLENGE,
        form="challenge",
        date=read_date(message.field("date") or ""),
        outcomes=tuple(
            Outcome(
                recipient=writer, inferred={"recipient": "the From field: who asks is who waits"}
            )
            for writer in writers[:1]
        ),
        original=read_original(message, account.returned if account else ""),
        defects=() if writers else (Defect("From", "no address"),),
    )
