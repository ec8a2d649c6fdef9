"""Reports inside other mails: somebody forwarded the bounce, attached it or quoted it."""

import re
from collections.abc import Iterator

from whybounce.reading.account import text_of
from whybounce.reading.mime import Message, Part, parse_message
from whybounce.reading.systems import system_of

_MOST_CARRIED = 20

_MAIL_FILE = re.compile(r"name\*?=\"?[^\";\r\n]{1,200}\.eml\b", re.IGNORECASE)
_MARK = re.compile(r"^(?:[ \t]?>)+[ \t]?", re.MULTILINE)
_NAMELESS = b"From: mailer-daemon\n\n"

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
    for part in message.parts[:_MOST_CARRIED]:
        if part.content_type in {"message/rfc822", "message/global"} or _is_a_mail_file(part):
            yield parse_message(part.decoded())
    for part in message.parts[:_MOST_CARRIED]:
        if part.content_type.startswith(("text/plain", "text/html")):
            yield from _quoted_in(text_of(part))


def _quoted_in(text: str) -> Iterator[Message]:
    unquoted = _MARK.sub("", text)
    begins = [begin.end() for begin in _QUOTED_BELOW.finditer(unquoted)][:_MOST_CARRIED]
    seen: set[int] = set()
    for start in (*begins, 0):
        field = _FIRST_FIELD.search(unquoted, start)
        if field and field.start() not in seen:
            seen.add(field.start())
            header, _, body = unquoted[field.start() :].partition("\n\n")
            written = "\n".join(_in_english(line) for line in header.splitlines())
            plain = re.sub(
                r"^Content-(?:Type|Transfer-Encoding):.*(?:\n[ \t].*)*\n?",
                "",
                written + "\n",
                flags=re.IGNORECASE | re.MULTILINE,
            )
            yield parse_message(f"{plain}\n{body}".encode())
    if unquoted != text:  # Without its header; only a mail system's own phrases tell whose it is.
        quoted = "\n".join(line for line in text.split("\n") if _MARK.match(line))
        nameless = parse_message(_NAMELESS + _MARK.sub("", quoted).encode())
        if system_of(nameless, _MARK.sub("", quoted)):
            yield nameless


def _is_a_mail_file(part: Part) -> bool:
    """Say whether the part is a mail that was attached as a file."""
    described = f"{part.field('content-type') or ''} {part.field('content-disposition') or ''}"
    return part.content_type.startswith("application/") and bool(_MAIL_FILE.search(described))


def _in_english(line: str) -> str:
    name, colon, value = line.strip(" \t*").partition(":")
    known = _ENGLISH.get(name.strip(" *").lower())
    return f"{known or name}{colon}{value}" if known else line.strip(" \t*")
