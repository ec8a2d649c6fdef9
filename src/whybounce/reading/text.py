"""Bounces without a machine part, read from their words.

A message is taken for such a bounce if its header says that a mail system wrote it and its words
name somebody. Which system it was names the form; the reading is the same for all.
"""

import re
from dataclasses import replace

from whybounce.notation import lowered, read_date
from whybounce.reading.account import Account
from whybounce.reading.attempts import with_attempts
from whybounce.reading.mime import Message, Part
from whybounce.reading.original import hops_of
from whybounce.reading.systems import Facts, stated_facts, system_of
from whybounce.reading.told import told_by
from whybounce.reading.writer import has_a_null_return_path, is_by_a_mail_system
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Defect, Kind, Original, Report

# All of these look at lower case.
_DELAYED = re.compile(
    r"\b(?:delayed|still undelivered|not yet been (?:collected|delivered)|attempts? will (?:be )?continue"
    r"|will (?:keep|be|continue to be) (?:trying|retr|attempted)|retried for|will be retried|will keep trying|continue trying"
    r"|still (?:being|in the queue)|warning: (?:message|could not send)|warning message only|only a temporary failure)"
    r"|wird verzögert|zostellverzögerung|retard[ée]|retrasad|em atraso|ritardat|vertraagd|задержан"
)
_FAILED = re.compile(
    r"not (?:be )?delivered|undeliver|unable to deliver|delivery (?:has )?failed|mailbox is full|(?:user|recipient|address|mailbox) (?:is )?unknown"
    r"|unknown user|\b5\d\d[ -](?:5\.\d\.\d|[a-z])"
)
_GIVEN_UP = re.compile(
    r"giving up|given up|failed permanently|permanent(?:ly)? (?:error|failure|fatal)|could not be delivered for|not going to try again"
)


def read(message: Message) -> Report | None:
    """Return the report, or None where no mail system wrote it or its words name nobody."""
    by_a_system = is_by_a_mail_system(message)
    if not (by_a_system or has_a_null_return_path(message)):
        return None
    told = told_by(message)
    if told is None:
        return None
    if not by_a_system and not _FAILED.search(lowered(told[0].text)):
        return None
    defect = Defect("message", "no machine-readable part; read from its text")
    return replace(_report(message, told), defects=(defect,))


def read_pasted(text: str) -> Report | None:
    """Return the report of a bounce's text without its mail, or None where it is none.

    It is one if it names the generating server or holds the original's header; what is shorter
    is a reply or a line of a log.
    """
    message = Message((), (Part((), _unquoted(text).encode("utf-8", "replace")),))
    told = told_by(message)
    if told is None:
        return None
    report = _report(message, told)
    is_a_bounce = report.generator or (report.original and len(report.original.headers) > 1)
    return with_attempts(report, message) if is_a_bounce else None


def _report(message: Message, told: tuple[Account, Original | None, tuple[Outcome, ...]]) -> Report:
    account, original, outcomes = told
    facts = stated_facts(account.text)
    action = _action(lowered(message.field("subject") or ""), lowered(account.text))
    return Report(
        kind=Kind.DELAY if action is Action.DELAYED else Kind.FAILURE,
        form=system_of(message, account.text) or "text",
        generator=facts.generator,
        date=read_date(message.field("date") or ""),
        language=message.field("content-language"),
        outcomes=tuple(_completed(outcome, action, facts) for outcome in outcomes),
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


def _action(subject: str, text: str) -> Action:
    if _GIVEN_UP.search(text):
        return Action.FAILED
    return Action.DELAYED if _DELAYED.search(f"{subject}\n{text}") else Action.FAILED


def _completed(outcome: Outcome, action: Action, facts: Facts) -> Outcome:
    """Add what the account says once for all its recipients.

    Where no other server is named, the one that wrote the report refused.
    """
    remote = outcome.remote or facts.remote
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
