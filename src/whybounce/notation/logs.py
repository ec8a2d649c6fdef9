"""Lines of mail systems' logs in which a server quotes nobody but itself, or in a writing of its own.

Each notation is one function: text in, an Outcome out, or None for "not mine". Log lines that quote
a remote server's words in a sentence are read where bounces with that sentence are: ``quotation``.
"""

import csv
import re

from whybounce.notation.replies import read_reply
from whybounce.vocabulary.outcome import Action, Outcome

_ADDRESS = r"[^\s<>@,;:()\"']{1,128}@[^\s<>@,;:()\"'\[\]]{1,255}"

_COMMANDS = {"CONNECT": "greeting", "HELO": "EHLO", "END-OF-MESSAGE": "DATA"}

# A filter's refusal is logged without the three digits that the client was given.
_POSTFIX_REJECTS = tuple(
    re.compile(
        rf"""\breject:\s(?P<command>[A-Z-]{{4,16}})\sfrom\s[^\s\[]{{1,255}}\[[^\]\s]{{2,60}}\](?::\d{{1,5}})?:\s
            (?P<said>{numbers}\s.{{1,4000}}?)
            (?:;\s(?:from=<(?P<sender>[^>]{{0,320}})>\s)?(?:to=<(?P<recipient>[^>]{{1,320}})>\s)?(?:proto=|helo=).*)?$""",
        re.VERBOSE | re.MULTILINE,
    )
    for numbers in (r"[245]\d\d", r"[245]\.\d\.\d{1,3}")
)


_POSTFIX_CONTENT = re.compile(
    r"""\breject:\s(?:header|body)\s.{0,2000}?;\sfrom=<[^>]{0,320}>\sto=<(?P<recipient>[^>]{1,320})>\s
        (?:proto=\S{1,20}\s)?(?:helo=<[^>]{0,320}>)?:\s(?P<said>.{3,2000})$""",
    re.VERBOSE | re.MULTILINE,
)


def postfix_reject(text: str) -> Outcome | None:
    """Read ``NOQUEUE: reject: RCPT from mx.example[192.0.2.1]: 554 5.7.1 …; from=<…> to=<…> proto=…``.

    What an administrator has looked for in headers and bodies is quoted first, the answer comes last.
    """
    if match := _POSTFIX_CONTENT.search(text):
        return Outcome(match["recipient"], reply=read_reply(match["said"]), command="DATA")
    match = next(filter(None, (answer.search(text) for answer in _POSTFIX_REJECTS)), None)
    if match is None:
        return None
    command = match["command"]
    return Outcome(
        recipient=match["recipient"],
        reply=read_reply(match["said"]),
        command=_COMMANDS.get(command, command),
    )


_QUEUED = re.compile(
    rf"""^[0-9A-Za-z]{{6,20}}[*!-]?\s+\d{{1,12}}\s(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s[^\n@]{{10,20}}\s<?(?:{_ADDRESS}|MAILER-DAEMON)>?[ \t]*\r?\n
        [ \t]*\((?P<said>[^\n]{{3,2000}})\)[ \t]*\r?\n[ \t]+<?(?P<recipient>{_ADDRESS})>?[ \t]*$""",
    re.VERBOSE | re.MULTILINE,
)


def queue_listing(text: str) -> Outcome | None:
    """Read an entry of what ``mailq`` lists: sender, in brackets why the message waits, recipient."""
    match = _QUEUED.search(text)
    if match is None:
        return None
    return Outcome(match["recipient"], action=Action.DELAYED, reply=read_reply(match["said"]))


_SENDMAIL_REJECT = re.compile(
    rf"""ruleset=check_(?P<ruleset>[a-z]{{4,8}}),\sarg1=<?(?P<argument>{_ADDRESS})?.{{0,600}}?
         \breject=(?P<said>[245]\d\d\s.{{1,2000}})""",
    re.VERBOSE,
)
_RULESETS = {"rcpt": "RCPT", "mail": "MAIL", "relay": "greeting"}


def sendmail_reject(text: str) -> Outcome | None:
    """Read ``ruleset=check_rcpt, arg1=<anna@…>, relay=…, reject=550 5.7.1 <anna@…>... Relaying denied``."""
    match = _SENDMAIL_REJECT.search(text)
    if match is None:
        return None
    return Outcome(
        recipient=match["argument"] if match["ruleset"] == "rcpt" else None,
        reply=read_reply(match["said"]),
        command=_RULESETS.get(match["ruleset"]),
    )


_QMAIL = re.compile(
    r"\bdelivery (?P<number>\d{1,9}): (?P<verb>failure|deferral|success): (?P<said>\S{1,4000})"
)
_QMAIL_VERBS = {
    "failure": Action.FAILED,
    "deferral": Action.DELAYED,
    "success": Action.DELIVERED,
}


def qmail_log(text: str) -> Outcome | None:
    """Read ``delivery 12: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/``.

    Its blanks are underscores and its line ends slashes; whom it is to stands where it begins.
    """
    match = _QMAIL.search(text)
    if match is None:
        return None
    begun = re.search(
        rf"starting delivery {match['number']}: msg \d{{1,12}} to (?:remote|local) ({_ADDRESS})",
        text[: match.start()],
    )
    said, remote = match["said"].rstrip("/"), None
    about, mark, quoted = said.partition("/Remote_host_said:_")
    if mark:
        remote = re.match(r"(?:Connected_to_)?([0-9A-Fa-f.:]{3,45}?)(?=_)", about)
        said = quoted.partition("/Giving_up_on_")[0]
    host = remote[1] if remote else None
    return Outcome(
        recipient=begun[1] if begun else None,
        action=_QMAIL_VERBS[match["verb"]],
        reply=read_reply(said.replace("_", " ").replace("/", " ")),
        remote=host,
        rejected_by=host,
    )


_EXIM_LOGGED = re.compile(
    rf"(?P<verb>\*\*|==) (?P<recipient>{_ADDRESS})(?: <[^<>\n]{{1,320}}>)?(?: [A-Z]{{1,3}}=[^\n]{{1,400}}?)??"
    r"(?:: | defer \(-?\d{1,4}\)(?: [A-Z]=\S{1,60})?: )(?P<said>[^\n]{3,4000})"
)
_EXIM_REFUSED = re.compile(
    rf"(?P<temporarily>temporarily )?rejected (?P<command>RCPT|MAIL|after DATA|EHLO or HELO)"
    rf"(?: <?(?P<argument>{_ADDRESS})>?| [^\s:]{{1,255}})?: (?P<said>[^\n]{{3,4000}})"
)
_EXIM_TIMED_OUT = re.compile(rf" (?P<recipient>{_ADDRESS}): (?P<said>retry timeout exceeded)")


def exim_log(text: str) -> Outcome | None:
    """Read what Exim itself says: ``** anna@… R=… T=…: Unrouteable address``, ``rejected RCPT <…>: …``."""
    if match := _EXIM_LOGGED.search(text):
        failed = match["verb"] == "**"
        return Outcome(
            recipient=match["recipient"],
            action=Action.FAILED if failed else Action.DELAYED,
            reply=read_reply(match["said"]),
        )
    if match := _EXIM_REFUSED.search(text):
        command = match["command"]
        return Outcome(
            recipient=match["argument"] if command == "RCPT" else None,
            action=Action.DELAYED if match["temporarily"] else Action.FAILED,
            reply=read_reply(match["said"]),
            command={"after DATA": "DATA", "EHLO or HELO": "EHLO"}.get(command, command),
        )
    if match := _EXIM_TIMED_OUT.search(text):
        reply = read_reply(match["said"])
        return Outcome(recipient=match["recipient"], action=Action.FAILED, reply=reply)
    return None


# Exchange's message tracking log: behind an event's name stand its number, the message's two ids (one,
# before Exchange 2013), its recipients and what became of them.
_TRACKED = {"FAIL": Action.FAILED, "DEFER": Action.DELAYED, "BADMAIL": Action.FAILED}
_RECIPIENTS = (4, 3)
_IS_ADDRESSED = re.compile(rf"{_ADDRESS}").match


def exchange_tracking(text: str) -> Outcome | None:
    """Read a row of a message tracking log: ``…,SMTP,FAIL,…,anna@example.org,550 5.1.10 …,…``."""
    line = next((line for line in text.splitlines() if ",FAIL," in line or ",DEFER," in line), "")
    fields = next(csv.reader([line]), [])
    event = next((number for number, field in enumerate(fields) if field in _TRACKED), len(fields))
    behind = fields[event:]
    to = next((at for at in _RECIPIENTS if at + 1 < len(behind) and _IS_ADDRESSED(behind[at])), 0)
    if not to:
        return None
    recipients, status = behind[to : to + 2]
    said = status.strip("'{} ")
    if (led := re.search(r"LED=([^{}]{1,4000})", said)) is not None:
        said = led[1]
    fqdn = re.search(r"\{FQDN=([^{}]{1,255})\}", status)
    remote = fqdn[1] if fqdn else None
    return Outcome(
        recipient=recipients.partition(";")[0],
        action=_TRACKED[behind[0]],
        reply=read_reply(said),
        remote=remote,
        rejected_by=remote,
    )


_STAMPED = re.compile(
    r"""\s*(?:<\d{1,3}>)?                                              # syslog's priority, RFC 5424 §6.2.1
        (?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,12}|[A-Z][a-z]{2}\ {1,2}\d{1,2}\ \d\d:\d\d:\d\d\ |\[[A-Z]{4,8}\]\ |[a-z][\w./-]{1,40}\[\d{1,9}\]:\ )
        [^\n]{0,600}?
        (?P<said>\b[45]\d\d[\ -](?:[45]\.\d{1,3}\.\d{1,3}\ )?[A-Za-z<][^\n]{2,4000})""",
    re.VERBOSE,
)
_TO = re.compile(rf"\b(?:to|rcpt|recipient)s?[=:]\s?\"?<?({_ADDRESS})", re.IGNORECASE)


def stamped_line(text: str) -> Outcome | None:
    """Read the reply in a line that begins with a time, a level or a process, whichever system's log it is."""
    match = _STAMPED.match(text)
    if match is None or "\n" in text.strip():
        return None
    to = _TO.search(text)
    return Outcome(recipient=to[1] if to else None, reply=read_reply(match["said"]))
