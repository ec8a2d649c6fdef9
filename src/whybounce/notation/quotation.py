"""Texts that quote a server: log lines, bounces' sentences, diagnostic blocks.

Each notation is one function: text in, an Outcome out, or None for "not mine". A cheap word
decides first whether it is worth trying. Order: NOTATIONS, the most telling first.
"""

import re
from collections.abc import Callable

from whybounce.notation.folding import writable
from whybounce.notation.header import untyped
from whybounce.notation.logs import (
    exchange_tracking,
    exim_log,
    postfix_reject,
    qmail_log,
    queue_listing,
    sendmail_reject,
    stamped_line,
)
from whybounce.notation.replies import read_reply
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode

_LONGEST_TEXT = 65536

_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9])?"
_ADDRESS = r"[^\s<>@,;:()\"']{1,128}@[^\s<>@,;:()\"'\[\]]{1,255}"

# Looks at lower case.
_ANSWERING = ("in reply to", "after", "response to", "sent", "refused to talk to me")
_COMMAND = re.compile(
    rf"(?:{'|'.join(_ANSWERING[:-1])})\W{{0,8}}(?:pipelined )?(?:end of )?(ehlo|helo|mail|rcpt|data|starttls|auth|bdat|quit|initial connection)\b"
    rf"|{_ANSWERING[-1]}"
)
_GREETING = "greeting"  # What a server says before any command. RFC 5321 §3.1.


# A narrow screen breaks "5.1.10" where it breaks words: behind a dot.
_BROKEN_CODE = re.compile(
    r"([245](?<![0-9.].)\.(?:[0-7]\.(?=\r?\n[ \t]{0,8}[0-9]{1,3}\b)|(?=\r?\n[ \t]{0,8}[0-7]\.[0-9]{1,3}\b)))\r?\n[ \t]{0,8}"
)


def read_text(text: str) -> Outcome:
    """Return what the text says became of a recipient. Text that quotes nobody is a reply."""
    text = writable(text[:_LONGEST_TEXT])
    if ".\n" in text or ".\r" in text:
        text = _BROKEN_CODE.sub(r"\1", text)
    for mark, notation in NOTATIONS:
        if mark in text and (outcome := notation(text)) is not None:
            return outcome
    reply = read_reply(text)
    return Outcome(reply=reply, reply_from=reply.host)


def _outcome(
    said: str,
    *,
    recipient: str | None = None,
    remote: str | None = None,
    status: str | None = None,
    action: Action | None = None,
    command: str | None = None,
) -> Outcome:
    reply = read_reply(said)
    return Outcome(
        recipient=recipient,
        action=action,
        status=StatusCode.parse(status) if status else None,
        reply=reply,
        command=command or _command(said),
        remote=remote,
        rejected_by=remote,
        reply_from=reply.host,
    )


def _command(said: str) -> str | None:
    return next(iter(commands_in(said)), None)


def commands_in(said: str) -> list[str]:
    """Return the commands that a text says were answered; ``greeting`` for what precedes all."""
    words = said.lower()
    if not any(map(words.__contains__, _ANSWERING)):
        return []
    found = (match[1] for match in _COMMAND.finditer(words))
    return [name.upper() if name and " " not in name else _GREETING for name in found]


_FIELD = re.compile(
    r"^[ \t]*(Final-Recipient|Original-Recipient|Action|Status|Remote-MTA|Diagnostic-Code)[ \t]*:[ \t]*"
    r"([^\r\n]{0,4000}(?:\r?\n[ \t]+[^\r\n]{1,4000}){0,60})",
    re.IGNORECASE | re.MULTILINE,
)


def delivery_status_fields(text: str) -> Outcome | None:
    """Read fields of RFC 3464 §2.3 that somebody pasted."""
    fields = {name.casefold(): value.strip() for name, value in reversed(_FIELD.findall(text))}
    is_a_status = StatusCode.parse(fields.get("status", "").split(" ")[0])
    if "diagnostic-code" not in fields and is_a_status is None:
        return None
    said = untyped(fields.get("diagnostic-code", ""))
    action = fields.get("action", "").casefold()
    return _outcome(
        said or fields.get("status", ""),
        recipient=untyped(fields.get("final-recipient", "")) or None,
        remote=untyped(fields.get("remote-mta", "")) or None,
        status=fields.get("status", "").split(" ")[0],
        action=Action(action) if action in list(Action) else None,
    )


_TRACE = re.compile(r"LED=(?P<said>[^{}]{1,4000})\}")
_TRACE_HOST = re.compile(r"\{FQDN=([^{}]{1,255})\}")


def exchange_message_trace(text: str) -> Outcome | None:
    """Read ``Reason: [{LED=450 4.4.317 …};{MSG=};{FQDN=mx.example.org};{IP=…};{LRT=…}]``."""
    match = _TRACE.search(text)
    if match is None:
        return None
    host = _TRACE_HOST.search(text)
    return _outcome(match["said"], remote=host[1] if host else None)


_LOGGED = re.compile(
    rf"""\bto=<?(?P<recipient>{_ADDRESS})?>?,.{{0,400}}?
         (?:relay=(?P<remote>{_HOST})[^,]{{0,300}},.{{0,300}}?)?
         dsn=(?P<status>[245]\.\d{{1,3}}\.\d{{1,3}}),\s(?:status=(?P<verb>\w+)\s\(|stat=)(?P<said>.{{0,4000}})""",
    re.VERBOSE,
)
_VERBS = {
    "bounced": Action.FAILED,
    "deferred": Action.DELAYED,
    "sent": Action.DELIVERED,
    "expired": Action.FAILED,
}


def postfix_log(text: str) -> Outcome | None:
    """Read ``to=<…>, relay=…, dsn=5.1.1, status=bounced (host … said: …)``, Sendmail's likewise."""
    match = _LOGGED.search(text)
    if match is None:
        return None
    said = match["said"].strip().removesuffix(")")
    quoted = postfix_quote(said)
    inner = quoted or _outcome(said)
    return Outcome(
        recipient=match["recipient"],
        action=_VERBS.get(match["verb"] or ""),
        status=StatusCode.parse(match["status"]),
        reply=inner.reply,
        command=inner.command,
        remote=inner.remote or (None if match["remote"] == "none" else match["remote"]),
        rejected_by=inner.rejected_by,
    )


_SAID = re.compile(
    rf"""(?:host\s+)?(?P<remote>{_HOST})\s?\[(?P<ip>[^\]\s]{{2,60}})\](?::\d{{1,5}})?\s+
         (?:said|refused\sto\stalk\sto\sme):\s*(?P<said>.{{1,8000}}?)
         \s*(?:\(in\sreply\sto\s(?:end\sof\s)?(?P<command>[A-Z]{{4,8}})[^)]{{0,40}}\)?\s*)?$""",
    re.VERBOSE | re.DOTALL,
)
_LED_BY_ADDRESS = re.compile(
    rf"^\W{{0,4}}(?P<recipient>{_ADDRESS})>?(?:\s\(expanded\sfrom[^)]{{0,300}}\))?:", re.VERBOSE
)


def postfix_quote(text: str) -> Outcome | None:
    """Read ``<anna@…>: host mx.example.org[192.0.2.1] said: 550 … (in reply to RCPT TO command)``."""
    match = _SAID.search(text.strip()) if "[" in text else None  # qmail's "said:" has no bracket.
    if match is None:
        return None
    address = _LED_BY_ADDRESS.match(text.lstrip())
    return _outcome(
        match["said"],
        recipient=address["recipient"] if address else None,
        remote=match["remote"],
        command=match["command"] or _command(match[0]),
    )


_EXIM = re.compile(
    rf"""SMTP\serror\sfrom\sremote\s(?:mail\s(?:server|host)|mailer)\safter\s(?P<command>[A-Za-z ]{{4,40}})[^\n]{{0,400}}?:\s*
         (?:host\s(?P<remote>{_HOST})\s\[[^\]\s]{{2,60}}\]:\s*)?(?P<said>[2-5][0-9]{{2}}(?:[\s-].{{1,8000}}|\s*$))""",
    re.VERBOSE | re.DOTALL,
)
_EXIM_HOST = re.compile(rf"(?:\bH=|host )({_HOST}) \[")
_EXIM_LOGGED = re.compile(rf"(?:\*\*|==|=>) (?P<recipient>{_ADDRESS})")


def exim_quote(text: str) -> Outcome | None:
    """Read ``SMTP error from remote mail server after RCPT TO:<…>: 550 …``, in a log or a bounce."""
    match = _EXIM.search(text)
    if match is None:
        return None
    host = match["remote"]
    if host is None and (elsewhere := _EXIM_HOST.search(text)):
        host = elsewhere[1]
    command = _command(f"after {match['command']}")
    logged = _EXIM_LOGGED.search(text[: match.start()])
    said, _, _ = match["said"].partition("\n\n")  # Below the blank line Exim itself speaks again.
    return _outcome(
        said,
        recipient=logged["recipient"] if logged else None,
        remote=host,
        command=command,
    )


_RETURNED = re.compile(
    rf"""(?:Server\sat\s(?P<remote>{_HOST})\s(?:\((?P<ip>[^)]{{2,60}})\)\s)?|Remote\sServer\s(?:at\s(?P<named>{_HOST})\s[^']{{0,60}})?)
         returned\s'(?P<said>.{{1,8000}}?)'\s*(?:$|\n)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def exchange_quote(text: str) -> Outcome | None:
    """Read ``Server at mx.example.org (192.0.2.1) returned '550 5.4.300 Message expired -> …'``."""
    match = _RETURNED.search(text.rstrip() + "\n")
    if match is None:
        return None
    return _outcome(
        match["said"],
        recipient=_lone_address(text[: match.start()]),
        remote=match["remote"] or match["named"],
    )


_SHARP = re.compile(
    rf"""(?:^|\s)(?:(?P<remote>{_HOST})\s+)?\#\s?<\s?(?P<said>[^<>]{{0,255}}\#[^<>]{{0,4000}}(?:<[^<>]{{0,300}}>[^<>]{{0,2000}}){{0,8}})>\s*\#SMTP\#""",
    re.VERBOSE,
)
_LOCAL = re.compile(
    r"(?:^|\s)#(?P<said>[2-5][0-9]{2} [245]\.\d{1,3}\.\d{1,3} .{1,4000}?) ?##", re.DOTALL
)


def exchange_remote_sharps(text: str) -> Outcome | None:
    """Read ``mx.example.org #<ex.example.org #5.7.1 smtp;530 5.7.1 …> #SMTP#``."""
    match = _SHARP.search(text)
    if match is None:
        return None
    return _outcome(
        f"<{match['said'].strip()}>",
        recipient=_lone_address(text[: match.start() + 1]),
        remote=match["remote"],
    )


def exchange_local_sharps(text: str) -> Outcome | None:
    """Read ``#550 5.1.1 … ##``."""
    match = _LOCAL.search(text)
    if match is None:
        return None
    return _outcome(match["said"], recipient=_lone_address(text[: match.start() + 1]))


_LONE = re.compile(rf"^[ \t]*<?({_ADDRESS})>?[ \t]*$", re.MULTILINE)


def _lone_address(before: str) -> str | None:
    """Return the last address that stands alone on a line: Exchange's rejected recipient."""
    found = _LONE.findall(before[-4000:])
    return found[-1] if found else None


# The answer of a server that refused for good counts before one of a server that put it off; that
# nobody was left to send to follows from the answers before.
_NOBODY_LEFT = r"(?![^\r\n]{0,40}(?:[Nn]o (?:valid )?recipient|[Nn]eed RCPT))"
_TRANSCRIPTS = tuple(
    re.compile(
        rf"^[ \t]*<<<[ \t]*(?P<said>{_NOBODY_LEFT}{first}[0-9]{{2}}[ -][^\r\n]{{0,1000}}(?:\r?\n[ \t]*<<<[^\r\n]{{0,1000}}){{0,20}})",
        re.MULTILINE,
    )
    for first in (5, 4)
)
# What Sendmail makes of the answer, on the line below it: "550 5.1.1 <anna@example.org>... User unknown".
_VERDICT = re.compile(
    rf"\r?\n[ \t]*[45][0-9]{{2}} ([45]\.[0-9]{{1,3}}\.[0-9]{{1,3}}) <?{_ADDRESS}>?\.\.\. "
)
_TALKING = re.compile(rf"while talking to (\[?{_HOST})", re.IGNORECASE)
_ASKED = re.compile(
    r"^[ \t]*>>> (MAIL|RCPT|DATA|EHLO|HELO|STARTTLS|AUTH)\b", re.MULTILINE | re.IGNORECASE
)


def sendmail_transcript(text: str) -> Outcome | None:
    """Read ``>>> RCPT To:<…>`` / ``<<< 550 …`` below ``... while talking to mx.example.org.:``."""
    match = next(filter(None, (answer.search(text) for answer in _TRANSCRIPTS)), None)
    if match is None:
        return None
    said = re.sub(r"\n[ \t]*<<<[ \t]*", "\n", match["said"])
    host = _TALKING.search(text)
    asked = _ASKED.findall(text[: match.start()]) or _ASKED.findall(text)
    verdict = _VERDICT.match(text, match.end())
    return _outcome(
        said,
        remote=host[1].strip("[") if host else None,
        status=verdict[1] if verdict else None,
        command=asked[-1].upper() if asked else None,
    )


# Where a reply begins, which telephone numbers do alike, and what may stand before it on its line:
# words that announce it, or nothing. A search skips to the digit that all of a pattern begins with.
_BEGINS = re.compile(
    r"[245](?:(?<!2)[0-9]{2}(?: |-|: )(?![0-9]{4}\b|[0-9]{3}-[0-9]{2,4}\b)|\.[0-9]\.[0-9]{1,3} +)(?=\S)"
)
_ANNOUNCED = re.compile(
    r"[ \t|>]*+.{0,2000}(?:[:;>\])]|<-{1,3}|\b(?:said|says|returned|was|is|error|response|reason|answer\w*))[ \t]*[\"'(\[]{0,2}"
)
_ALONE = re.compile(r"[ \t|>]*[\"'(\[]{0,2}")
_LONGEST_LINE = 2_000
# What ends it where no blank line does: another speaker, a command, a rule.
_NOT_OF_THE_REPLY = re.compile(
    r"\s*(?:$|[-=*_]{3,}|\[?(?:RCPT|MAIL|DATA|EHLO|HELO|AUTH|CONNECT)\w*\]?\s*$|>>>|<<<|\.\.\.|giving up|i'm not going|i give up|i'll keep"
    r"|this is a (?:permanent|temporary)|no action is|message will be|will keep trying|original message|[A-Z][a-z-]{2,20}: |message rejected by:)",
    re.IGNORECASE,
)
_MOST_LINES = 24
# Some part the numbers from their words: "Status: 550 5.7.1", and "Reason: Relay access denied" below.
_NUMBERS_ALONE = re.compile(r"[45]\d\d(?:[ -]#?[45]\.\d{1,3}\.\d{1,3})?[ .:]*")
_LABELLED_WORDS = re.compile(r"\n[A-Z][a-z -]{2,20}: ([^\n]{3,2000})")
_AFTER = 400


def reply_in_prose(text: str) -> Outcome | None:
    """Read the lines that are a reply among others that are not: most bounces in prose."""
    begin, end = _first_reply(text)
    if begin == end or "\n" not in text.strip():
        return None
    said = [text[begin:end]]
    if _NUMBERS_ALONE.fullmatch(said[0]) and (words := _LABELLED_WORDS.match(text, end)):
        said.append(words[1])
    for line in text[end + 1 :].split("\n", _MOST_LINES)[:_MOST_LINES]:
        if _NOT_OF_THE_REPLY.match(line):
            break
        said.append(line.strip())
    # Yahoo writes the command below the reply.
    command = _asked(text[:end]) or _asked(text[end : end + _AFTER])
    said[0] += _said_by_a_program(said[0], text[:begin])
    outcome = _outcome("\n".join(said), command=command)
    return outcome if len(outcome.reply.text if outcome.reply else "") > 2 else None


_VERDICT_ON_A_PROGRAM = re.compile(
    r"\.\.\. (?:service unavailable|unknown mailer error|operating system error|local error|user unknown|can't create output)",
    re.IGNORECASE,
)
_PROGRAM_SAID = re.compile(
    r"[ \t]{0,8}[A-Za-z][A-Za-z0-9._/-]{1,60}(?:\[\d+\])?: [^\n:]\S[^\n]{2,300}"
)


def _said_by_a_program(verdict: str, above: str) -> str:
    """Return what a local program said, which Sendmail prints above its own general verdict.

    mail.local: unknown user: anna
    554 <anna@example.org>... Service unavailable
    """
    if not _VERDICT_ON_A_PROGRAM.search(verdict):
        return ""
    _, _, line = above.rstrip("\n").rpartition("\n")
    said = _PROGRAM_SAID.fullmatch(line)
    return f" ({said[0].strip()})" if said else ""


def _first_reply(text: str) -> tuple[int, int]:
    """Return the span of the first line's end that is a reply; an empty one, if none is.

    What a line announces comes before a number that it begins with.
    """
    alone = (0, 0)
    for number in _BEGINS.finditer(text):
        begin = number.start()
        if alone[1] and begin > alone[1]:
            break
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        if not 0 < end - number.end() <= _LONGEST_LINE:
            continue
        lead = text[text.rfind("\n", 0, begin) + 1 : begin]
        if _ANNOUNCED.fullmatch(lead):
            return begin, end
        if not alone[1] and _ALONE.fullmatch(lead):
            alone = (begin, end)
    return alone


_ERROR_CODE = re.compile(r"ERROR_CODE\s?:\s?([^\n,]{0,400})")


def zoho_codes(text: str) -> Outcome | None:
    """Read ``… Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <anna@…>... User Unknown``."""
    line, _, _ = text.lstrip().partition("\n")
    said = " ".join(part.strip() for part in _ERROR_CODE.findall(line))
    return _outcome(said + line.rpartition("ERROR_CODE")[2].partition(",")[2]) if said else None


_EXIT_CODES = {
    64: "EX_USAGE", 65: "EX_DATAERR", 67: "EX_NOUSER", 68: "EX_NOHOST", 69: "EX_UNAVAILABLE", 70: "EX_SOFTWARE",
    71: "EX_OSERR", 73: "EX_CANTCREAT", 74: "EX_IOERR", 75: "EX_TEMPFAIL", 76: "EX_PROTOCOL", 77: "EX_NOPERM", 78: "EX_CONFIG",
}  # fmt: skip


def exit_code(text: str) -> Outcome | None:
    """Read ``x-unix; 75``: how the program ended that should have taken the mail, sysexits.h."""
    match = re.fullmatch(r"\s*x-unix\s*;\s*(\d{1,3})\s*", text, re.IGNORECASE)
    if match is None:
        return None
    name = _EXIT_CODES.get(int(match[1]))
    said = f"the local delivery program ended with exit code {match[1]}"
    return Outcome(reply=Reply(f"{said} ({name})" if name else said))


# How those who do not quote the command tell which one was answered. A command's own name counts as
# it is usually written: "mail from" is said of other things too.
_TOLD: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_GREETING, ("but greeting failed", "refused to talk to me")),
    ("EHLO", ("my name was rejected", "did not like our ehlo", "did not like our helo")),
    ("MAIL", ("sender was rejected", "did not like our mail", "mail from:", "MAIL FROM")),
    ("RCPT", ("does not like recipient", "did not like our rcpt", "rejected recipient", "rcpt to", "rcpt_to")),
    ("DATA", ("failed on data", "failed after i sent the message", "did not like our data", "did not like our message", "end of data")),
)  # fmt: skip


def _asked(text: str) -> str | None:
    words = f"{text}\n{text.lower()}"
    return next((command for command, told in _TOLD if any(map(words.__contains__, told))), None)


NOTATIONS: tuple[tuple[str, Callable[[str], Outcome | None]], ...] = (
    ("ERROR_CODE", zoho_codes),
    ("nix", exit_code),
    ("NIX", exit_code),
    (",FAIL,", exchange_tracking),
    (",DEFER,", exchange_tracking),
    ("LED=", exchange_message_trace),
    ("dsn=", postfix_log),
    ("iagnostic-", delivery_status_fields),
    ("tatus:", delivery_status_fields),
    ("#SMTP#", exchange_remote_sharps),
    ("##", exchange_local_sharps),
    ("eturned '", exchange_quote),
    ("SMTP error from remote", exim_quote),
    ("<<<", sendmail_transcript),
    (" said:", postfix_quote),
    ("refused to talk", postfix_quote),
    (")\n ", queue_listing),
    ("reject: ", postfix_reject),
    ("reject=", sendmail_reject),
    ("delivery ", qmail_log),
    (" ** ", exim_log),
    (" == ", exim_log),
    ("rejected ", exim_log),
    (": retry timeout", exim_log),
    (":", stamped_line),
    ("\n", reply_in_prose),
)
