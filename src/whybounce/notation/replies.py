"""Plain SMTP replies, and replies that repeat another server's. RFC 5321 §4.2, RFC 2034 §4.

550-5.7.1 one          numbers at the head of every line
550-5.7.1 and two
smtp; 550 5.7.1 …      as RFC 3464 types it
550 #5.7.1 …           the way of qmail's kin and of some appliances
550 5.1.351 … -> 550 User unknown                    Exchange Online's wrapper
554 5.4.0 <host #5.4.14 smtp; 554 5.4.14 Hop …>      Exchange's bracket in its quote
450 4.4.317 … [Message=451 5.7.3 STARTTLS is required …]   Exchange's bracketed reason
5.1.0 - Unknown address error 550-'5.1.1 …'          Amazon SES and IronPort around a reply
"""

import re

from whybounce.notation.folding import one_line, without_repeated_numbers
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode

_LONGEST_READ = 16384  # What follows in a reply this long repeats itself.
_DEEPEST = 6  # Wrappers in wrappers; nobody has seen more than three.

_QUOTES = {"'", '"'}
_STATUS = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"

# The numbers a reply begins with, and what some put before and between them.
_HEAD = re.compile(
    rf"""[\s"'(\[<]*
         (?:(?:smtp|x-[a-z0-9-]{{1,40}})\s*;\s*)?                # RFC 3464 §2.3.6 types the text
         [\s"'(<]*
         (?:(?P<code>[2-5][0-9]{{2}})(?![0-9.])[\s:,-]{{0,3}}(?:(?P=code)[\s-]{{1,2}})?)?
         (?:[\[(]?\#?(?P<status>{_STATUS})(?![0-9])(?!\.[0-9])[\])]?)?
         [\s:;,'-]{{0,4}}""",
    re.IGNORECASE | re.VERBOSE,
)

# Numbers in the middle of prose: both together, or a code after a mark that announces a reply. What
# may not stand before a number is looked at behind its first digit, which few places get past.
_BOTH_INSIDE = re.compile(
    rf"([45](?<![0-9.].)[0-9]{{2}})[ -]{{1,3}}\#?({_STATUS})(?![0-9]|\.[0-9])"
)
_CODE_INSIDE = re.compile(r"[45][0-9]{2}(?=[ -]{1,2}[^\s0-9])")
_ANNOUNCED = re.compile(
    r"(?:[:;'\"(>]|(?:^|\s)[-=]|error|code|reply|response) {0,2}$", re.IGNORECASE
)
_LONGEST_ANNOUNCEMENT = 12
# A code without words of its own, which people copy out of a program: "SMTP error 421". No server
# has replies that begin with 40, 41, 46 or 56; other programs do.
_CODE_ALONE = re.compile(
    r"(?:4[2-57]|5[0-57])(?<![0-9.]..)[0-9](?=[\s\"')\]>.,;!]*$|[\"')\]>.,;:](?:\s|$))"
)
_NAMED_A_REPLY = re.compile(
    r"""(?:^(?:code|\#)
        |\b(?:smtp|error|reply|response|status|return|result)[ _-]?(?:error[ _-]?|status[ _-]?|reply[ _-]?)?code
        |\b(?:smtp|error|fehler|fehlercode|erreur|reply|replied|response|responded|returned|said|status)
        )(?:[ ](?:with|was|is))?[\s:;=\#'"(\[]{0,4}$""",
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_NAME = 40
_STATUS_INSIDE = re.compile(r"([45](?<![0-9.].)\.[0-7]\.[0-9]{1,3})(?![0-9]|\.[0-9])")

_ENVELOPES_ARROW = re.compile(r" ?<[^\s<>]{1,128}@[^\s<>]{1,255}>(?:,|$)")  # "<bob@…> -> <anna@…>"
_BRACKET = re.compile(
    rf"\#\s*(?P<status>{_STATUS})\s+smtp\s*;\s*(?P<said>.{{0,8000}})", re.IGNORECASE
)
_BRACKET_HOST = re.compile(r"<?\s*(?P<host>[^\s<>\#]{1,255})?\s*$")
_LONGEST_HOST = 260
_PREFIXED = re.compile(
    r"[245]\.[0-9]\.[0-9]{1,3} - [a-z ()]{3,60}? (?P<said>[245][0-9]{2}[ -].{1,8000})",
    re.IGNORECASE,
)
_REASON = re.compile(r"\[Message=(?P<said>[245][0-9]{2}[ -][^\]]{1,2000})\]")


def read_reply(text: str) -> Reply:
    """Return the reply that the text is: its numbers, its words, and what it wraps."""
    return _read(one_line(_continued(text[:_LONGEST_READ])), _DEEPEST)


def _continued(text: str) -> str:
    """Drop the first line's numbers from the head of the lines that follow. RFC 5321 §4.2.1."""
    code = text.lstrip()[:3]
    if "\n" not in text or not code.isdecimal():
        return text
    return re.sub(rf"\n[ \t]*{code}[ -](?:{_STATUS}(?= ))?", "\n ", text)


def _read(line: str, depth: int) -> Reply:
    outer, arrow, inner = line.partition("->")
    wraps = arrow and outer[-1:] != "-" and depth and len(inner) > 2 and outer.strip()
    if wraps and not _ENVELOPES_ARROW.match(inner):
        reply = _numbers(outer)
        return Reply(
            reply.text, reply.code, reply.status, None, _read(inner.strip(" '"), depth - 1)
        )
    if "#" in line and depth and (bracket := _BRACKET.search(line)):
        return _bracketed(line, bracket, depth)
    if "[Message=" in line and depth and (reason := _REASON.search(line)):
        head = _numbers(line)
        return Reply(head.text, head.code, head.status, None, _read(reason["said"], depth - 1))
    if " - " in line and depth and (prefixed := _PREFIXED.match(line.removeprefix("smtp; "))):
        head = _numbers(prefixed.string[: prefixed.start("said")])
        said = prefixed["said"].replace("'", "", 2)
        return Reply(head.text, head.code, head.status, None, _read(said, depth - 1))
    return _numbers(line)


def _bracketed(line: str, bracket: re.Match[str], depth: int) -> Reply:
    """Read ``<host #5.7.1 smtp;530 5.7.1 …>``, and the quote around it where there is one."""
    begin = bracket.start()
    host = _BRACKET_HOST.search(line, max(0, begin - _LONGEST_HOST), begin)
    before = line[: host.start() if host else begin]
    said = _read(_without_closing_bracket(bracket["said"]), depth - 1)
    status = StatusCode.parse(bracket["status"])
    within = Reply(
        said.text, said.code, said.status or status, host["host"] if host else None, said.inner
    )
    head = _HEAD.match(before)
    if head and head["code"]:
        return Reply(
            "", int(head["code"]), StatusCode.parse(head["status"] or "") or status, None, within
        )
    if said.status is not None and said.status != status:
        return Reply("", said.code, status, None, within)
    return within


def _without_closing_bracket(said: str) -> str:
    """Drop the bracket's own end, which is not one of ``<anna@example.org>``."""
    said = said.strip(" '")
    return said[:-1] if said.endswith(">") and said.count(">") > said.count("<") else said


def _numbers(line: str) -> Reply:
    head = _HEAD.match(line)
    code, status = (head["code"], head["status"]) if head else (None, None)
    text = line[head.end() :] if head and (code or status) else _without_quotes_around(line)
    if code is None and status is None:
        code, status = _numbers_inside(line)
    elif status is None and (inside := _STATUS_INSIDE.search(text[:200])):
        status = inside[1]
    elif code is None and (both := _BOTH_INSIDE.search(line)) and both[2] == status:
        code = both[1]
    text = without_repeated_numbers(text, code, status)
    return Reply(
        _without_closing_quote(text.rstrip()),
        int(code) if code else None,
        StatusCode.parse(status) if status else None,
    )


def _without_quotes_around(line: str) -> str:
    """Drop quotation marks around the whole line, and one at its head that nothing closes."""
    bare = line.strip()
    while bare[:1] in _QUOTES and bare[-1] == bare[0] and bare[0] not in bare[1:-1]:
        bare = bare[1:-1].strip()
    if bare[:1] in _QUOTES and bare.count(bare[0]) % 2:
        return bare[1:].lstrip()
    return bare


def _without_closing_quote(text: str) -> str:
    """Drop a quotation mark or parenthesis that was opened before the reply began."""
    if text[-1:] in _QUOTES and text.count(text[-1]) % 2:
        return text[:-1].rstrip()
    if text.endswith(")") and text.count(")") > text.count("("):
        return text[:-1].rstrip()
    return text


def _numbers_inside(line: str) -> tuple[str | None, str | None]:
    if both := _BOTH_INSIDE.search(line):
        return both[1], both[2]
    code = _first_after(line, _CODE_INSIDE, _ANNOUNCED, _LONGEST_ANNOUNCEMENT) or _first_after(
        line, _CODE_ALONE, _NAMED_A_REPLY, _LONGEST_NAME
    )
    status = _STATUS_INSIDE.search(line)
    return code, (status[1] if status else None)


def _first_after(
    line: str, number: re.Pattern[str], mark: re.Pattern[str], longest: int
) -> str | None:
    """Return the first such number that stands behind a mark of at most so many characters."""
    return next(
        (
            found[0]
            for found in number.finditer(line)
            if mark.search(line, max(0, found.start() - longest), found.start())
        ),
        None,
    )
