"""Bounces without a machine part: an address on a line, and below it what went wrong.

So write qmail, Exim, Yahoo, Gmail and many more, each in its own words; the structure is the
same. A message is taken for such a bounce if its header says that a mail system wrote it. What
stands below the first line of the returned message is not read.
"""

import re
from collections.abc import Iterator

from whybounce.notation import read_date, read_text
from whybounce.reading.mime import Message, Part
from whybounce.reading.original import hops_of, read_original
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Defect, Kind, Report

_LONGEST_TEXT = 65_536
_LONGEST_ACCOUNT = 2_000  # What is said about one recipient.
_MOST_RECIPIENTS = 1_000

_WRITER = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|mdaemon|mail (?:delivery|administrator)|delivery (?:sub)?system"
    r"|(?:^|[<\"' ])bounces?[@\"' >]|nondelivery|ndr@",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|non[ -]?deliver|not delivered|failure notice|returned mail|delivery (?:status|fail|error|problem|report|delay)"
    r"|mail (?:delivery|failure|could not|system error)|message (?:could not|status|delayed|failed|not)|(?:could|can)not (?:be )?deliver"
    r"|failed mail|mail failure|returned to sender|unzustellbar|non remis|no entregado|mancato recapito",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\b(?:delayed|still undelivered|has not (?:yet )?been (?:collected|delivered)|will (?:keep|be|continue to be) (?:trying|retried|attempted)"
    r"|still (?:being|in the queue)|warning: (?:message|could not send))",
    re.IGNORECASE,
)

_ADDRESS = r"[^\s<>@,;:()\[\]\"']{1,128}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
_LEADING = re.compile(
    rf"^[ \t>*-]{{0,12}}(?:[45]\d\d[ -](?:[45]\.\d\.\d{{1,3}} )?)?"
    rf"(?:(?:recipient|for|user|address)\s*:\s*)?[<(\"']?({_ADDRESS})[>)\"']?\s*"
    rf"(?:\([^)]{{0,200}}\)\s*)?(?::|\s+on\s+[A-Z0-9][^\n]{{2,60}}$|\.\.\.|-+(?=\s)|;|$|,$)",
    re.IGNORECASE | re.MULTILINE,
)
_ELSEWHERE = re.compile(
    rf"(?:RCPT TO:\s*|recipient[^\n@]{{0,60}}|to |<)<?(?<![\w.+-])({_ADDRESS})", re.IGNORECASE
)

# Where the returned message begins: a line that announces it, or its header.
_RETURNED = re.compile(
    r"^(?:[-= *>]{2,}[^\n]{0,20}(?:original|copy of|returned|included|message header|unsent|forwarded|below this line)[^\n]{0,60}"
    r"|(?:the )?(?:original|header of the original) message[^\n]{0,60}:?"
    r"|(?:Received|Return-Path|DKIM-Signature|X-[A-Za-z-]{2,40}|Message-I[dD]): [^\n]{2,})$",
    re.MULTILINE | re.IGNORECASE,
)


def read(message: Message) -> Report | None:
    """Return the report, or None where the header names no mail system as the writer."""
    failed = message.field("x-failed-recipients")
    if not (failed or _written_by_a_system(message)):
        return None
    text, returned = _account_and_rest(message)
    delayed = bool(_DELAYED.search(f"{message.field('subject') or ''}\n{text}"))
    action = Action.DELAYED if delayed else Action.FAILED
    own = set(re.findall(_ADDRESS, message.field("from") or ""))
    accounts = [pair for pair in _accounts(text) if pair[0] not in own]
    if not accounts:
        recipients = (
            re.findall(_ADDRESS, failed or "")
            or [address for address in _ELSEWHERE.findall(text[:4_000]) if address not in own][:1]
        )
        accounts = [(address, text[:_LONGEST_ACCOUNT]) for address in dict.fromkeys(recipients)]
    if not accounts:
        return None
    original = read_original(message, returned)
    defects = (Defect("message", "no machine-readable part; read from its text"),)
    return Report(
        kind=Kind.DELAY if delayed else Kind.FAILURE,
        form="text",
        date=read_date(message.field("date") or ""),
        language=message.field("content-language"),
        outcomes=tuple(_outcome(address, said, action) for address, said in accounts),
        original=original,
        hops=hops_of(original) if original else (),
        defects=defects,
    )


def _written_by_a_system(message: Message) -> bool:
    writer = f"{message.field('from') or ''} {message.field('sender') or ''}"
    subject = message.field("subject") or ""
    return bool(_WRITER.search(writer) or _SUBJECT.search(subject))


def _account_and_rest(message: Message) -> tuple[str, str]:
    """Return the text before the returned message, and what follows."""
    part = message.first("text/plain", "text/html") or Part((), b"")
    text = part.text()[:_LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
    if part.content_type == "text/html":
        text = re.sub(r"<br[^>]{0,20}>|</(?:p|div|tr|li|h\d)>", "\n", text, flags=re.IGNORECASE)
        text = re.sub(r"<[/!a-z][^@>]{0,300}>", " ", text, flags=re.IGNORECASE)
    begin = _RETURNED.search(text)
    return (text[: begin.start()], text[begin.start() :]) if begin else (text, "")


def _accounts(text: str) -> Iterator[tuple[str, str]]:
    """Yield each recipient with what is said about it: up to the next recipient's line."""
    lines = list(_LEADING.finditer(text))[:_MOST_RECIPIENTS]
    seen: set[str] = set()
    for place, line in enumerate(lines):
        end = lines[place + 1].start() if place + 1 < len(lines) else len(text)
        said = text[line.end() : end][:_LONGEST_ACCOUNT].strip()
        address = line[1].rstrip(".")
        if address not in seen and (said or end == len(text)):
            seen.add(address)
            yield address, said or text[: line.start()][-_LONGEST_ACCOUNT:]


def _outcome(address: str, said: str, action: Action) -> Outcome:
    quoted = read_text(said)
    return Outcome(
        recipient=address,
        action=action,
        status=quoted.status or (quoted.reply.status if quoted.reply else None),
        reply=quoted.reply,
        command=quoted.command,
        remote=quoted.remote,
        rejected_by=quoted.remote,
        reply_from=quoted.reply_from,
        inferred={"action": "the words of the text"},
    )
