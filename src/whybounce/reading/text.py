"""Bounces without a machine part, read from their words.

A message is taken for such a bounce if its header says that a mail system wrote it and its words
name somebody. Which system it was names the form; the reading is the same for all.
"""

import re
from dataclasses import replace

from whybounce.notation import read_date
from whybounce.reading.mime import Message
from whybounce.reading.original import hops_of
from whybounce.reading.systems import stated_facts, system_of
from whybounce.reading.told import told_by
from whybounce.reading.writer import has_a_null_return_path, is_by_a_mail_system
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Defect, Kind, Report

_DELAYED = re.compile(
    r"\b(?:delayed|still undelivered|not yet been (?:collected|delivered)|attempts? will (?:be )?continue"
    r"|will (?:keep|be|continue to be) (?:trying|retr|attempted)|retried for|will be retried|will keep trying|continue trying"
    r"|still (?:being|in the queue)|warning: (?:message|could not send)|warning message only|only a temporary failure)"
    r"|wird verzögert|zostellverzögerung|retard[ée]|retrasad|em atraso|ritardat|vertraagd|задержан",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"not (?:be )?delivered|undeliver|unable to deliver|delivery (?:has )?failed|mailbox is full|(?:user|recipient|address|mailbox) (?:is )?unknown"
    r"|unknown user|\b5\d\d[ -](?:5\.\d\.\d|[a-z])",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"giving up|given up|failed permanently|permanent(?:ly)? (?:error|failure|fatal)|could not be delivered for|not going to try again",
    re.IGNORECASE,
)


def read(message: Message) -> Report | None:
    """Return the report, or None where no mail system wrote it or its words name nobody."""
    by_a_system = is_by_a_mail_system(message)
    if not (by_a_system or has_a_null_return_path(message)):
        return None
    told = told_by(message)
    if told is None:
        return None
    account, original, outcomes = told
    if not by_a_system and not _FAILED.search(account.text):
        return None
    facts = stated_facts(account.text)
    action = _action(message.field("subject") or "", account.text)
    return Report(
        kind=Kind.DELAY if action is Action.DELAYED else Kind.FAILURE,
        form=system_of(message, account.text) or "text",
        generator=facts.generator,
        date=read_date(message.field("date") or ""),
        language=message.field("content-language"),
        outcomes=tuple(_completed(outcome, action, facts.remote) for outcome in outcomes),
        original=original,
        hops=hops_of(original) if original else (),
        defects=(Defect("message", "no machine-readable part; read from its text"),),
    )


def _action(subject: str, text: str) -> Action:
    if _GIVEN_UP.search(text):
        return Action.FAILED
    return Action.DELAYED if _DELAYED.search(f"{subject}\n{text}") else Action.FAILED


def _completed(outcome: Outcome, action: Action, remote: str | None) -> Outcome:
    """Add what the account says once for all its recipients."""
    remote = outcome.remote or remote
    inferred = {"action": "the words of the text", **outcome.inferred}
    if outcome.action is not None:
        del inferred["action"]
    return replace(
        outcome,
        action=outcome.action or action,
        status=outcome.status or (outcome.reply.status if outcome.reply else None),
        remote=remote,
        rejected_by=remote,
        inferred=inferred,
    )
