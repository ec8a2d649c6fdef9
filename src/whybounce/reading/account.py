"""What a mail says in words: its own account of what happened, and the message it returns.

A bounce without a machine part is prose above a returned message. Where the prose ends is told
by a line that announces the message, or by the first lines of its header.
"""

import html
import re
from collections.abc import Iterator

from msgspec import Struct

from whybounce.notation import lowered
from whybounce.reading.mime import Message, Part

_LONGEST_TEXT = 65_536

_SCRIPT = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
_LINE_BREAK = re.compile(r"<br[^<>]{0,40}>|</(?:p|div|tr|li|h\d|pre|table)>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>@]{0,2000}>|<a\b[^<>]{0,2000}>", re.IGNORECASE)

# A line in lower case that announces the returned message, and what every such line has in it.
_ANNOUNCED = re.compile(
    r"""[ \t|>*]{0,8}(?:
        [-=_*][-=_* ]{1,40}[^\n]{0,30}\b(?:original|copy\ of|returned|included|unsent|forwarded|below\ this\ line
            |message\ (?:header|text|body)|header\ of|undelivered)\b[^\n]{0,80}
      | (?:here\ is|below\ is|this\ is|following\ is|attached\ is|\(?the\ attachment\ contains)?\ {0,3}
            (?:an?\ |the\ )?(?:(?:full\ )?copy\ of|original|returned|old|header\ of\ the\ original)\ (?:the\ |your\ |my\ |original\ ){0,2}
            (?:e-?mail\ |mail\ )?(?:message|mail|headers?)\b(?!\ (?:was|were|details|could|has|had|can|will|is\ (?:being|not)|did|may))[^\n]{0,60}[:.]?
      | (?:a\ summary\ of\ the\ undelivered\ message|message\ headers?\ follows?|content\ of\ the\ message)\b[^\n]{0,40}[:.]?
      | content-type:\ (?:message/rfc822|text/rfc822-headers?)[^\n]{0,100}
      )[ \t]*$""",
    re.VERBOSE,
)
_ANNOUNCING = (
    "original", "copy of", "returned", "included", "unsent", "forwarded", "below this line", "message header", "message text",
    "message body", "header of", "undelivered", "old ", "content of the message", "content-type:",
)  # fmt: skip
# Two lines of a header, one below the other, the first one a field that no prose begins with.
_HEADER = re.compile(
    r"\n[|> ]{0,3}(?:Received|Return-Path|DKIM-Signature|DomainKey-Signature|Message-ID|MIME-Version|X-[A-Za-z0-9-]{2,40}"
    r"|ARC-[A-Za-z-]{3,40}|Delivered-To|Authentication-Results):[^\n]{2,}\n[|>]{0,3}(?:[ \t]|[A-Za-z][A-Za-z0-9-]{1,60}:)"
    r"|\n>?From [^\s@]{1,64}@[^\s@]{1,255} {1,3}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [^\n]{10,40}\n[A-Za-z][A-Za-z0-9-]{1,60}:",
    re.IGNORECASE,
)

# Some begin by telling which message it is about, in its own fields, and go on below a blank line.
_DESCRIBED = re.compile(
    r"ollowing (?<=[Ff]ollowing )(?:[Mm]essage )?(?:[Hh]eader|[Ff]ields)[^\n]{0,60}:[ \t]*\n\n?"
    r"(?:[ \t]{1,8}[A-Za-z][A-Za-z-]{1,40}:[^\n]{0,2000}\n(?:[ \t]{9,}[^\n]{0,2000}\n){0,20}){1,20}[ \t]*\n"
)

# A machine part whose MIME structure is broken: what stands there is for programs.
_FIELD_NAMES = ("reporting-mta:", "final-recipient:")
_FIELDS = re.compile(rf"^(?:{'|'.join(_FIELD_NAMES)})", re.IGNORECASE | re.MULTILINE)


class Account(Struct, frozen=True):
    """The report's own words, and the text of what it returns, both with LF line ends."""

    text: str
    returned: str
    words: str  # The text in lower case, character for character.


def accounts_of(message: Message) -> Iterator[Account]:
    """Yield the mail's texts, the likeliest first: plain ones before their HTML forms."""
    own = _own_parts(message)
    for part in sorted(own, key=lambda part: part.content_type == "text/html"):
        text = text_of(part)
        if text.strip():
            yield _cut(text)


def text_of(part: Part) -> str:
    """Return the part's words, tags removed, with LF line ends."""
    text = part.text()[: 4 * _LONGEST_TEXT]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.content_type == "text/html" or text.lstrip()[:15].lower().startswith(
        ("<html", "<!doctype")
    ):
        text = _without_tags(text)
    return text[:_LONGEST_TEXT].replace("\u00a0", " ")


def _own_parts(message: Message) -> list[Part]:
    """Return the text parts that stand before the returned message; all, if none does."""
    parts: list[Part] = []
    for part in message.parts:
        if part.content_type.startswith("message/") and parts:
            break
        if part.content_type.startswith(("text/plain", "text/html", "multipart/")):
            parts.append(part)
    # A maker who names another type still writes text; RFC 2045 §5.2 has it as the default.
    return parts or [part for part in message.parts if part.content_type.startswith("text/")]


def _without_tags(text: str) -> str:
    text = _without_scripts(text)
    text = _LINE_BREAK.sub("\n", text.replace("\n", " "))
    text = _TAG.sub(" ", _CELL_END.sub("\t", text))
    words = html.unescape(text).replace("\u00a0", " ")
    return "\n".join(re.sub(r" {2,}", " ", line).strip() for line in words.split("\n"))


def _without_scripts(text: str) -> str:
    """Drop head, style and script with what stands in them, in one pass."""
    kept: list[str] = []
    lowered = text.lower()
    at = 0
    while (opening := _SCRIPT.search(text, at)) is not None:
        kept.append(text[at : opening.start()])
        end = lowered.find(f"</{opening[1].lower()}", opening.end())
        if end < 0:
            return "".join(kept)
        at = text.find(">", end) + 1 or len(text)
    kept.append(text[at:])
    return "".join(kept)


def _cut(text: str) -> Account:
    described = _DESCRIBED.search(text) if "ollowing" in text else None
    header = _HEADER.search(f"\n{text}", described.end() if described else 0)
    words = lowered(text[: header.start()] if header else text)
    begin = _announced_at(words)
    fields = _FIELDS.search(text, 0, begin) if any(map(words.__contains__, _FIELD_NAMES)) else None
    end = fields.start() if fields else begin
    return Account(text[:end], text[begin:], words[:end])


def _announced_at(words: str) -> int:
    """Return where the line begins that announces the returned message; the text's end if none."""
    present = {mark: at for mark in _ANNOUNCING if (at := words.find(mark)) >= 0}
    at = words.rfind("\n", 0, min(present.values(), default=0)) + 1
    for line in words[at:].split("\n") if present else ():
        if any(map(line.__contains__, present)) and _ANNOUNCED.match(line):
            return at
        at += len(line) + 1
    return len(words)
