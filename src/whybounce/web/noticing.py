"""A notice as somebody wants to see it before anybody gets one: from fields to a mail, and its page."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes

import whybounce
from whybounce.catalogue import catalogue
from whybounce.notation import read_reply
from whybounce.vocabulary.notice import NoticeError, Style
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Report
from whybounce.web.cards import capital
from whybounce.web.problems import ProblemError
from whybounce.web.site import speaker
from whybounce.wire.incoming import RowError, report_of
from whybounce.wording import UnknownLanguageError

_ADDRESS = re.compile(r"[^\s<>@\"]{1,128}@[^\s<>@\"]{1,255}|\"[^\"\r\n]{1,64}\"@[^\s<>@\"]{1,255}")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9])?|\[[0-9A-Fa-f.:]{2,60}\]")
_MOST_RECIPIENTS = 100

_SAMPLE = b"""\
From: Bob Example <bob@alpine.example>\r
To: Anna Example <anna@example.org>\r
Subject: Quarterly numbers\r
Date: Sun, 01 Mar 2026 12:59:09 +0100\r
Message-ID: <20260301.1@alpine.example>\r
\r
Dear Anna,\r
\r
here they are.\r
"""

# The two ways in which a notice asks whether it is dark, and what forces the answer.
_DARK = "(prefers-color-scheme: dark)"
_SCHEMES = "color-scheme: light dark; supported-color-schemes: light dark"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a notice is made of."""

    recipients: tuple[str, ...] = ()
    reply: str = ""
    remote: str | None = None
    original: bytes | None = None
    row: bytes | None = None  # A row of ``read --json`` in place of recipients and reply.
    reporting_mta: str | None = None
    organisation: str | None = None
    contact: str | None = None
    language: str | None = None
    style: str = "modern"
    audience: str = "internal"
    to: str | None = None
    help_base: str | None = None


def notice(wanted: Wanted, now: datetime) -> bytes:
    """Return the mail.

    Raises:
        ProblemError: Something is missing, or is not what it should be; says what.

    """
    try:
        return whybounce.write(
            whybounce.diagnose(_report(wanted, now)),
            original=wanted.original or (None if wanted.row else _SAMPLE),
            style=Style(wanted.style),
            audience=wanted.audience,  # type: ignore[arg-type]  # write() says what it takes
            language=wanted.language,
            organisation=wanted.organisation,
            contact=wanted.contact,
            help_base=wanted.help_base,
            to=_address(wanted.to) if wanted.to else None,
            generator=_host(wanted.reporting_mta) if wanted.reporting_mta else None,
            date=now,
        )
    except (NoticeError, ValueError) as error:
        raise _refused("as-said", what=f"{capital(str(error))}.") from error
    except UnknownLanguageError as error:
        raise _refused("as-said", what=f"{capital(str(error))}.") from error


def page(mail: bytes, theme: str) -> bytes:
    """Return the page in the mail: as the reader's system wants it, or light, or dark."""
    for part in message_from_bytes(mail).walk():
        if part.get_content_type() == "text/html":
            shown = part.get_payload(decode=True)
            markup = shown.decode() if isinstance(shown, bytes) else ""
            return _themed(markup, theme).encode()
    raise AssertionError("a notice has an HTML part")


def languages() -> tuple[tuple[str, str], ...]:
    """Return the languages that notices can be written in: tag and name."""
    names = ((tag, speaker().page(f"language.{tag}")) for tag in catalogue().frames)
    return tuple(sorted(names, key=lambda language: language[1]))


def _themed(markup: str, theme: str) -> str:
    if theme not in {"light", "dark"}:
        return markup
    media = "all" if theme == "dark" else "not all"
    markup = markup.replace(_DARK, media)
    markup = markup.replace(_SCHEMES, f"color-scheme: {theme}")
    return markup.replace('content="light dark"', f'content="{theme}"')


def _report(wanted: Wanted, now: datetime) -> Report:
    if wanted.row is not None:
        try:
            return report_of(wanted.row)
        except RowError as error:
            raise _refused("no-row", what=str(error)) from error
    if not wanted.recipients:
        raise _refused("no-recipient")
    if len(wanted.recipients) > _MOST_RECIPIENTS:
        raise _refused("many-recipients", most=str(_MOST_RECIPIENTS))
    reply = read_reply(wanted.reply[:4096])
    if reply.code is None and reply.status is None:
        raise _refused("no-numbers")
    digit = reply.code // 100 if reply.code else reply.status.class_ if reply.status else 5
    remote = _host(wanted.remote) if wanted.remote else None
    outcomes = tuple(
        Outcome(
            recipient=_address(recipient),
            action={2: Action.DELIVERED, 4: Action.DELAYED}.get(digit, Action.FAILED),
            status=reply.status,
            reply=reply,
            remote=remote,
            rejected_by=remote,
            last_attempt=now,
        )
        for recipient in wanted.recipients
    )
    return Report(generator=wanted.reporting_mta or "mail.example.com", outcomes=outcomes)


def _address(written: str) -> str:
    bare = written.strip().removeprefix("<").removesuffix(">")
    if not _ADDRESS.fullmatch(bare):
        raise _refused("no-address", given=written[:80])
    return bare


def _host(written: str) -> str:
    if not _HOST.fullmatch(written.strip()):
        raise _refused("no-host", given=written[:80])
    return written.strip()


def _refused(key: str, **values: str) -> ProblemError:
    return ProblemError("cannot-write", {"what": speaker().page(f"write.{key}", **values)})
