"""Bounces without a machine part, read from their words.

A message is taken for such a bounce if its header says that a mail system wrote it and its words
name somebody. Which system it was names the form; the reading is the same for all.
"""

import re

from msgspec.structs import replace

from whybounce.notation import lowered, read_date
from whybounce.reading.account import Account
from whybounce.reading.attempts import with_attempts
from whybounce.reading.mime import Message, Part
from whybounce.reading.original import hops_of
from whybounce.reading.recipients import SOLE_ADDRESS, recipients_of
from whybounce.reading.systems import Facts, stated_facts, system_of
from whybounce.reading.told import action_told, told_by
from whybounce.reading.writer import (
    has_a_null_return_path,
    is_a_lure,
    is_a_session,
    is_about_a_failure,
    is_an_automatic_reply,
    is_by_a_mail_system,
    is_by_a_postmaster,
    said_by_a_server,
    speaks_of_a_failure,
    wants_an_answer,
)
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Defect, Kind, Original, Report

# Looks at lower case.
_FAILED_MAIL = re.compile(
    r"(?:mail|message|nachricht|mensaje|messaggio|mensagem|bericht|письм\w*|recipient|addressee?)\b.{0,200}?\b(?:not (?:yet )?(?:be |been )?delivered|undeliver"
    r"|unable to deliver|(?:could|can)not be (?:delivered|sent)|could not be sent|couldn't be delivered|delivery (?:has )?failed|rejected|refused|blocked|has not delivered|nicht zugestellt)"
    r"|(?:mail|message)\b.{0,80}\breturned to (?:you|sender)|(?:mailbox|account|user|recipient)\b.{0,40}\b(?:over|exceed\w*) (?:its |the |his )?(?:disk )?quota"
    r"|nicht (?:alle|einige)[^\n]{0,30} erreicht|n'a pas (?:atteint|pu atteindre)|no (?:ha llegado|llegó|se entregó) a\b|não (?:chegou|foi entregue) a|non (?:ha raggiunto|è arrivato a)|niet (?:alle |een of meer )?[^\n]{0,30}\bbereikt|nie dotarł|nå(?:dde|tt) (?:inte|ikke)"
    r"|n'a pas pu être (?:remis|distribu|livr|délivr|achemin)|non (?:remis|distribu|délivr)|no (?:se )?pudo (?:ser )?(?:entreg|envi)|não (?:pôde|pode|foi) (?:ser )?entregue|non (?:è stato|può essere|ha potuto) (?:recapit|consegn|inviat)"
    r"|impossibile (?:recapitare|consegnare)|niet (?:worden )?(?:bezorgd|afgeleverd)|nie (?:mogła|mogło|może|została|zostało)[^\n]{0,20} (?:dostarczon|doręczon)|nemohla? být doručena?|nebyla? doručena?|teslim edilemedi|kunde inte levereras|kunne ikke leveres"
    r"|не (?:может|могло|могла|удалось|был[оа]?)[^\n]{0,20} (?:доставлен|доставить)|не доставлен|配信(?:でき|不能)|送信(?:でき|に失敗)|届けることができ|无法(?:送达|投递|传递|发送|送到)|退信|未能(?:送达|投递|传递)|無法(?:送達|投遞|傳遞|寄送)|退回|전달하지 못|전송에 실패|배달되지|반송"
    r"|\b(?:has|have) not (?:been )?delivered\b|delivery has failed to|(?:message|mail|attachment)\b.{0,80}\b(?:virus|infected|malware)|(?:could|can) ?not deliver (?:the|your|this)(?: \w{1,20})? (?:e-?mail|mail|message)|mailbox (?:is )?(?:full|disabled)|(?:user|recipient|address|mailbox) (?:is )?unknown|unknown user|no such (?:user|mailbox|recipient)"
    r"|(?:^[ \t>]*|[:\"'>] ?|smtp |error )[45]\d\d[ -](?:[45]\.\d\.\d|[a-z])",
    re.DOTALL | re.MULTILINE,
)

_KINDS = {
    Action.DELAYED: Kind.DELAY,
    Action.DELIVERED: Kind.SUCCESS,
    Action.RELAYED: Kind.RELAYED,
}


def read(message: Message) -> Report | None:
    """Return the report, or None where no mail system wrote it or its words name nobody."""
    by_a_system = is_by_a_mail_system(message)
    silent = has_a_null_return_path(message) and not is_an_automatic_reply(message)
    perhaps = by_a_system or silent or speaks_of_a_failure(message) or is_by_a_postmaster(message)
    if not perhaps:
        return None
    told = told_by(message)
    if told is None or is_a_session(told[0].text):
        return None
    returned = told[1]
    if not by_a_system and returned is None and wants_an_answer(message):
        return None
    if not silent and is_a_lure(message, told[0].text):
        return None
    surely = by_a_system or (silent and is_about_a_failure(message))
    if not surely and not _FAILED_MAIL.search(told[0].words):
        return None
    if not by_a_system and _is_just_an_address(told[2], told[0].text):
        return None
    defect = Defect("message", "no machine-readable part; read from its text")
    return replace(_report(message, told), defects=(defect,))


def tells_of_a_failure(text: str) -> bool:
    """Say whether the text's words are a bounce's, whoever wrote them."""
    return _FAILED_MAIL.search(lowered(text)) is not None


def _is_just_an_address(outcomes: tuple[Outcome, ...], text: str) -> bool:
    """Say whether nobody was found but the one address in a text that quotes no server.

    Carriers of parcels and payments fail to deliver too, and tell whom to write to.
    """
    guessed = all(outcome.inferred.get("recipient") == SOLE_ADDRESS for outcome in outcomes)
    return guessed and not said_by_a_server(text)


def read_pasted(text: str) -> Report | None:
    """Return the report of a bounce's text without its mail, or None where it is none.

    It is one if it names the generating server or holds the original's header; what is shorter
    is a reply or a line of a log.
    """
    message = Message((), (Part((), _unquoted(text).encode("utf-8", "replace")),), {})
    told = told_by(message)
    if told is None:
        return None
    report = _report(message, told)
    is_a_bounce = report.generator or (report.original and len(report.original.headers) > 1)
    return with_attempts(report, message) if is_a_bounce else None


def recipient_told(text: str) -> str | None:
    """Return whom a bounce's pasted words name as the one who did not get it, or None.

    An address that merely stands in the text may be the sender's.
    """
    named = recipients_of(text, own=(), header=None, original=None)
    return named[0].address if len(named) == 1 and named[0].inferred is None else None


def _report(message: Message, told: tuple[Account, Original | None, tuple[Outcome, ...]]) -> Report:
    account, original, outcomes = told
    facts = stated_facts(account.text)
    action = action_told(message, account)
    return Report(
        kind=_KINDS.get(action, Kind.FAILURE),
        form=system_of(message, account.text) or "text",
        generator=facts.generator,
        date=read_date(message.field("date") or ""),
        language=message.field("content-language"),
        outcomes=tuple(
            _completed(outcome, action, facts, alone=len(outcomes) == 1) for outcome in outcomes
        ),
        original=original,
        hops=hops_of(original) if original else (),
    )


def _unquoted(text: str) -> str:
    """Drop the marks of a reply's quotation, where every line has one. Sendmail's lines have not."""
    if not text.startswith(">"):
        return text
    lines = text.splitlines()
    quoted = all(line.startswith(">") or not line.strip() for line in lines)
    return "\n".join(line[1:].removeprefix(" ") for line in lines) if quoted else text


def _completed(outcome: Outcome, action: Action, facts: Facts, *, alone: bool) -> Outcome:
    """Add what the account says once for all its recipients.

    Where no other server is named, the one that wrote the report refused.
    """
    remote = outcome.remote or (facts.remote if alone else None)
    inferred = {"action": "the words of the text", **outcome.inferred}
    if outcome.action is not None:
        del inferred["action"]
    return replace(
        outcome,
        action=outcome.action or action,
        status=outcome.status or (outcome.reply.status if outcome.reply else None),
        remote=remote,
        rejected_by=remote or (None if outcome.reply_from else facts.generator),
        inferred=inferred,
    )
