"""One notice, from what is known to its bytes: the order of the work."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr

from msgspec import structs

from whybounce.catalogue import Catalogue
from whybounce.notation import first_field, header_fields, hops_of, original_of
from whybounce.vocabulary.notice import (
    Audience,
    NoAddresseeError,
    NoticeError,
    NoticeSettings,
    NullSenderError,
    Style,
)
from whybounce.vocabulary.report import Diagnosis, Kind, Original, Report
from whybounce.wording.notice import NoticeSpeaker
from whybounce.writing import classic, composing, delivery_status, html, plain
from whybounce.writing.grouping import groups_of, kind_of
from whybounce.writing.header import date, encoded, mailbox, one_line
from whybounce.writing.languages import choose_language
from whybounce.writing.message import (
    Part,
    binary_part,
    digest,
    html_part,
    message,
    multipart,
    plain_part,
    quoted_printable,
)
from whybounce.writing.outside_view import inner_hosts, outside_original, outside_view
from whybounce.writing.page import ROOMS
from whybounce.writing.returned import (
    Returned,
    can_be_returned,
    header_of,
    is_utf8,
    returned,
    returned_fields,
)
from whybounce.writing.telling import Telling, zone_of

_MOST_HTML = 57_000  # Octets in UTF-8; encoded, 60,000. Gmail cuts off near 102,000.
_LONGEST_HEADER_READ = 262_144
_MOST_REFERENCES = 20

_NO_NEWS_OF_DELIVERY = (Kind.COMPLAINT, Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.READ_RECEIPT)

MAILER = "Whybounce"  # By which a notice is known, so that it is not told a second time.

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,230}>")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class Writer:
    """The catalogue's words, made ready for writing. Build one and keep it; it does not change."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._speakers: dict[str, NoticeSpeaker] = {}

    def write(
        self, diagnosis: Diagnosis, settings: NoticeSettings, original: bytes | None = None
    ) -> bytes:
        """Return the notice as it goes to the wire: lines end with CRLF.

        Args:
            diagnosis: What became of the message; each outcome names its recipient.
            settings: How the notice is addressed and dressed.
            original: The message it is about, as it was received. Without it the header goes
                back as far as the report knows it.

        Raises:
            NoticeError: What a notice must have is missing; says what.
            UnknownLanguageError: There are no words in the language that was asked for.

        """
        generator = _generator(diagnosis.report, settings)
        if generator != diagnosis.report.generator:
            report = structs.replace(diagnosis.report, generator=generator)
            diagnosis = structs.replace(diagnosis, report=report)
        if original is not None:
            original = _with_network_line_ends(original)
            diagnosis = _with_original(diagnosis, original)
        to = _addressee(settings, diagnosis.report.original)
        moment = _date(settings, diagnosis.report)
        if settings.audience is Audience.EXTERNAL:
            ours = inner_hosts(diagnosis.report, settings.internal_hosts)
            diagnosis = outside_view(diagnosis, ours)
            original = outside_original(original, ours) if original is not None else None
        groups = groups_of(diagnosis)
        known = diagnosis.report.original
        unicode = settings.eight_bit and _is_internationalised(settings, to, original)
        back = _returned(settings, kind_of(groups), known, original, unicode=unicode)
        telling = Telling(
            speaker=self._speaker(settings, known),
            settings=settings,
            diagnosis=diagnosis,
            groups=groups,
            generator=generator,
            sender=to,
            date=moment,
            zone=zone_of(known),
            size=len(original) if original is not None else None,
            attached=back is not None,
        )
        return _written(telling, back, unicode=unicode)

    def _speaker(self, settings: NoticeSettings, original: Original | None) -> NoticeSpeaker:
        language = choose_language(
            settings.language, original, self._catalogue.frames, settings.usual_language
        )
        if language not in self._speakers:
            self._speakers[language] = NoticeSpeaker(self._catalogue, language)
        return self._speakers[language]


def _written(telling: Telling, back: Returned | None, *, unicode: bool) -> bytes:
    subject, text, markup = _texts(telling)
    status = _status_part(telling.report, telling.settings, unicode=unicode)
    name = digest(status.body, text.encode("utf-8", "replace"), telling.sender.encode())
    seed = name.encode("ascii")
    words = multipart("alternative", (plain_part(text), html_part(markup)), seed)
    parts = [_with_report(words, telling.settings, seed), status]
    if back:
        parts.append(_returned_part(back))
    content = multipart("report; report-type=delivery-status", parts, seed)
    return message(list(_fields(subject, telling, name)), content)


def _texts(telling: Telling) -> tuple[str, str, str]:
    """Return subject, text and HTML, in the largest room in which they do not get too long."""
    draft = _DRAFTS[telling.settings.style]
    subject, text, markup = draft(telling)
    for room in ROOMS[1:]:
        if _is_short(markup):
            break
        subject, text, markup = draft(replace(telling, room=room))
    return subject, text, markup


def _is_short(markup: str) -> bool:
    # Letters of four octets can be no more than the page's own markup leaves room for.
    return 3 * len(markup) <= _MOST_HTML or len(markup.encode("utf-8", "replace")) <= _MOST_HTML


def _modern(telling: Telling) -> tuple[str, str, str]:
    page = composing.compose(telling)
    speaker = telling.speaker
    return page.subject, plain.render(page, speaker), html.render("modern", page, speaker)


def _classic(telling: Telling) -> tuple[str, str, str]:
    page = classic.compose(telling)
    speaker = telling.speaker
    return page.subject, classic.render(page, speaker), html.render("classic", page, speaker)


_DRAFTS = {Style.MODERN: _modern, Style.CLASSIC: _classic}


def _fields(subject: str, telling: Telling, name: str) -> Iterator[tuple[str, str]]:
    """Yield the notice's header, in the order in which it stands."""
    original = telling.report.original or Original()
    sent_from = telling.settings.from_address or f"postmaster@{telling.host}"
    whose = telling.settings.from_name or telling.speaker.say(
        "from", organisation=telling.clean(telling.organisation)
    )
    host = telling.host if _HOST.fullmatch(telling.host) else "localhost.invalid"
    yield "Date", date(telling.date)
    yield "From", mailbox(whose, sent_from)
    yield "To", mailbox(None, telling.sender)
    yield "Subject", encoded(subject)
    yield "Message-ID", telling.settings.message_id or f"<{name}@{host}>"
    if ids := _MESSAGE_ID.findall((original.message_id or "")[:1_000]):
        earlier = _MESSAGE_ID.findall((first_field(original.headers, "references") or "")[:8_000])
        yield "In-Reply-To", ids[0]
        yield "References", " ".join([*earlier[-_MOST_REFERENCES:], ids[0]])
    yield "Auto-Submitted", "auto-replied"  # RFC 3834 §5.
    yield "Content-Language", telling.speaker.language
    yield "X-Auto-Response-Suppress", "All"
    yield "X-Mailer", MAILER
    if telling.kind is Kind.FAILURE:
        yield "X-MS-Exchange-Message-Is-Ndr", ""  # Empty: its being there says it.


def _status_part(report: Report, settings: NoticeSettings, *, unicode: bool) -> Part:
    rewriting = settings.rewriting
    if rewriting and rewriting.status_type:
        return _as_it_is(
            one_line(rewriting.status_type), rewriting.status_fields, rewriting.status_encoding
        )
    gateway = rewriting.by if rewriting else None
    body = delivery_status.write(report, unicode=unicode, gateway=gateway).encode()
    kind = "message/global-delivery-status" if unicode else "message/delivery-status"
    return _as_it_is(kind, body)


def _with_report(words: Part, settings: NoticeSettings, seed: bytes) -> Part:
    """Return what people read; where a report was rewritten, with that report attached."""
    if settings.rewriting is None:
        return words
    report = settings.rewriting.report
    if can_be_returned(report, eight_bit=settings.eight_bit):
        attached = _as_it_is("message/rfc822", report)
    else:
        attached = binary_part("application/octet-stream; name=report.eml", report)
    return multipart("mixed", (words, attached), seed)


def _returned(
    settings: NoticeSettings,
    kind: Kind,
    known: Original | None,
    original: bytes | None,
    *,
    unicode: bool,
) -> Returned | None:
    if original is None:
        return returned_fields(known)
    return returned(
        original,
        kind,
        returns=settings.returns,
        limit=settings.return_limit,
        eight_bit=settings.eight_bit,
        smtputf8=unicode,
    )


def _returned_part(back: Returned) -> Part:
    if back.encode:
        kind = f"Content-Type: {back.content_type}\r\n"
        encoding = "Content-Transfer-Encoding: quoted-printable\r\n"
        return Part(kind + encoding, quoted_printable(back.body))
    return _as_it_is(back.content_type, back.body)


def _as_it_is(content_type: str, body: bytes, encoding: str | None = None) -> Part:
    """Return a part that is not encoded here, and says so where it has eight bits."""
    eight_bit = not body.isascii()
    stated = "8bit" if eight_bit else one_line(encoding or "")
    header = f"Content-Type: {content_type}\r\n"
    if stated:
        header += f"Content-Transfer-Encoding: {stated}\r\n"
    return Part(header, body, eight_bit=eight_bit)


def _is_internationalised(settings: NoticeSettings, to: str, original: bytes | None) -> bool:
    """Say whether the original was SMTPUTF8: told, or seen in its addresses and header."""
    if settings.smtputf8 is not None:
        return settings.smtputf8
    if not to.isascii():
        return True
    header = header_of(original)[:_LONGEST_HEADER_READ] if original is not None else b""
    return not header.isascii() and is_utf8(header)


def _generator(report: Report, settings: NoticeSettings) -> str:
    if report.kind in _NO_NEWS_OF_DELIVERY:
        raise NoticeError(f"the report is of the kind {report.kind}: it tells of no delivery")
    if not report.outcomes:
        raise NoticeError("the report has no outcomes: there is nothing to tell")
    generator = settings.generator or report.generator
    if not generator:
        raise NoticeError(
            "no generator is named, the host that reports: neither told nor in the report"
        )
    for number, outcome in enumerate(report.outcomes, start=1):
        if not outcome.recipient:
            raise NoticeError(f"outcome {number} of the report names no recipient")
    return generator


def _addressee(settings: NoticeSettings, original: Original | None) -> str:
    """Return whom to write to: as told, else the original's return path, else its From."""
    fields = original.headers if original else ()
    path = settings.to if settings.to is not None else first_field(fields, "return-path")
    if path is not None:
        address = one_line(path).strip("<> ")
        if not address:
            raise NullSenderError
        return address
    address = parseaddr(first_field(fields, "from") or "")[1]
    if "@" not in address:
        raise NoAddresseeError
    return one_line(address)


def _date(settings: NoticeSettings, report: Report) -> datetime:
    """Return the notice's date: as told, else the report's, else the latest that it names."""
    if stated := settings.date or report.date:
        return stated
    known = [report.arrival_date, *(outcome.last_attempt for outcome in report.outcomes)]
    if report.original:
        known += [report.original.date, *(hop.time for hop in report.hops)]
    times = [time for time in known if time]
    if not times:
        raise NoticeError("no date is known: neither told, nor in the report or the original")
    return max(times)


def _with_original(diagnosis: Diagnosis, message_: bytes) -> Diagnosis:
    """Return the diagnosis with what the original's header says, where the report lacks it."""
    if diagnosis.report.original is not None:
        return diagnosis
    written = header_of(message_)[:_LONGEST_HEADER_READ].decode("utf-8", "replace")
    original = original_of(header_fields(written))
    report = structs.replace(diagnosis.report, original=original, hops=hops_of(original))
    return structs.replace(diagnosis, report=report)


def _with_network_line_ends(original: bytes) -> bytes:
    """Return a file with a computer's own line ends as it goes over the network.

    Only where no CRLF is in it: a bare LF among CRLFs came from the network, and stays.
    """
    return original if b"\r\n" in original else original.replace(b"\n", b"\r\n")
