"""Reports inside other mails: somebody forwarded the bounce, attached it or quoted it."""

import re
from collections.abc import Iterator

from whybounce.notation import lowered
from whybounce.reading.account import text_of
from whybounce.reading.mime import Message, Part, parse_message
from whybounce.reading.recipients import addresses_in
from whybounce.reading.systems import stated_facts, system_of
from whybounce.reading.text import tells_of_a_failure
from whybounce.reading.writer import is_by_a_mail_system, said_by_a_server

_MOST_CARRIED = 20

_MOST_FIELD_LINES = 200
_FIELD = re.compile(r"[ \t*]*[^\s:<>@*][^:\n<>@]{0,60}:")
_CONTENT_FIELD = re.compile(
    r"^Content-(?:Type|Transfer-Encoding):.*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE
)
_MAIL_FILE = re.compile(r"name\*?=\"?[^\";\r\n]{1,200}\.eml\b", re.IGNORECASE)
_MARK = re.compile(r"^(?:[ \t]?>)+[ \t]?", re.MULTILINE)
_NAMELESS = b"From: mailer-daemon\n\n"
# How reports begin that name no generator, and nobody's own words. Looks at lower case.
_BEGINNINGS = (
    "created automatically by mail delivery software",
    "the response from the remote server was:",
    "google tried to deliver your message",
)

# What mail programs write above the mail they quote: a rule, or "Begin forwarded message".
_QUOTED_BELOW = re.compile(
    r"^[ \t>]*(?:-{3,}\s?[^\n-]{3,60}?\s?-{3,}|_{20,}|begin forwarded message:?|[^\n]{3,60}(?:weitergeleitete|transféré|reenviado|inoltrato|doorgestuurd)[^\n]{0,60})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST_FIELD = re.compile(
    r"^[ \t*]*(?:from|von|de|da|van|от|差出人|发件人)\s?:[ \t*]*[^\n]{3,}$",
    re.IGNORECASE | re.MULTILINE,
)
# Outlook and others write the header's names in the reader's language.
_ENGLISH = {
    "von": "From", "de": "From", "da": "From", "van": "From", "от": "From", "差出人": "From", "发件人": "From",
    "gesendet": "Date", "sent": "Date", "envoyé": "Date", "enviado": "Date", "inviato": "Date", "verzonden": "Date",
    "an": "To", "à": "To", "para": "To", "aan": "To", "кому": "To", "宛先": "To",
    "betreff": "Subject", "objet": "Subject", "asunto": "Subject", "assunto": "Subject", "oggetto": "Subject", "onderwerp": "Subject", "тема": "Subject", "件名": "Subject",
}  # fmt: skip


def carried_by(message: Message) -> Iterator[Message]:
    """Yield the mails that this one carries: attached first, then what its text quotes."""
    if message.field("list-id"):
        return  # What a list sends to many is nobody's own bounce.
    by_somebody = not (is_by_a_mail_system(message) or message.field("list-unsubscribe"))
    written_by = ", ".join(addresses_in(message.field("from"))) if by_somebody else None
    for part in message.parts[:_MOST_CARRIED]:
        if part.content_type in {"message/rfc822", "message/global"} or _is_a_mail_file(part):
            yield parse_message(part.decoded())
    for part in message.parts[:_MOST_CARRIED]:
        if part.content_type.startswith(("text/plain", "text/html")):
            text = text_of(part)
            yield from _quoted_in(text)
            yield from _told_in(text, written_by=written_by)


def _quoted_in(text: str) -> Iterator[Message]:
    unquoted = _MARK.sub("", text)
    begins = [begin.end() for begin in _QUOTED_BELOW.finditer(unquoted)][:_MOST_CARRIED]
    seen: set[int] = set()
    for start in (*begins, 0):
        field = _FIRST_FIELD.search(unquoted, start)
        if field and field.start() not in seen:
            seen.add(field.start())
            header, body = _header_and_body(unquoted[field.start() :])
            yield parse_message(f"{header}\n\n{body}".encode())


def _told_in(text: str, *, written_by: str | None) -> Iterator[Message]:
    """Yield a report that stands in the text without its header, marked as a quotation.

    Only a mail system's own phrases tell whose it is. Between the words of the one it was
    ``written_by``, it has to say who generated it, or begin as nobody else does, and to quote a
    server besides: people speak of mail systems, too, and write their own addresses below.
    """
    marked = "\n".join(line for line in text.split("\n") if _MARK.match(line))
    if marked:
        quoted = _MARK.sub("", marked)
        nameless = parse_message(_NAMELESS + quoted.encode())
        if system_of(nameless, quoted) and tells_of_a_failure(quoted):
            yield nameless
    elif written_by and said_by_a_server(text) and tells_of_a_failure(text):
        words = lowered(text)
        if stated_facts(text).generator or any(map(words.__contains__, _BEGINNINGS)):
            yield parse_message(f"From: mailer-daemon\nTo: {written_by}\n\n{text}".encode())


def _header_and_body(quoted: str) -> tuple[str, str]:
    """Part the lines that are fields, in English, from those that are not; a blank line may lack.

    The content's own type is left out: the text stands here decoded.
    """
    lines = quoted.split("\n")
    header: list[str] = []
    for line in lines[:_MOST_FIELD_LINES]:
        folded = bool(header) and line[:1] in {" ", "\t"} and bool(line.strip())
        if not (folded or _FIELD.match(line)):
            break
        header.append(line if folded else _in_english(line))
    body = lines[len(header) :]
    kept = _CONTENT_FIELD.sub("", "\n".join(header) + "\n")
    return kept.strip("\n"), "\n".join(body[1:] if body and not body[0].strip() else body)


def _is_a_mail_file(part: Part) -> bool:
    """Say whether the part is a mail that was attached as a file."""
    described = f"{part.field('content-type') or ''} {part.field('content-disposition') or ''}"
    return part.content_type.startswith("application/") and bool(_MAIL_FILE.search(described))


def _in_english(line: str) -> str:
    name, colon, value = line.strip(" \t*").partition(":")
    known = _ENGLISH.get(name.strip(" *").lower())
    return f"{known or name}{colon}{value}" if known else line.strip(" \t*")
