"""Whybounce: why mail was not delivered, who must act, and how.

>>> import whybounce
>>> explanation = whybounce.explain("550 5.7.1 Unable to relay")
>>> explanation.cause, explanation.owner.value
('unable-to-relay', 'sender-admin')

``explain`` answers for a code, a reply or a pasted line; ``read`` makes a report of a bounce and
``diagnose`` explains it too; ``write`` makes an NDR of that, and ``rewrite`` makes one of another
system's bounce; ``causes`` is the catalogue; ``words`` says an explanation in a language, and
``note_words`` what else the headers show. No function here touches the network but ``check``,
which asks about a domain or an address, live, and ``confirm``, which asks what decides about a
diagnosis; ``finding_words`` says what was found.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from whybounce.catalogue import CatalogueError, Overlay, catalogue, load_overlay
from whybounce.diagnosing import diagnose as _diagnose, diagnose_report as _diagnose_report
from whybounce.diagnosing.inquiring import confirmed_by, inquiries_of
from whybounce.explaining import shared_explainer
from whybounce.given import demand, demand_options, octets
from whybounce.notation import read_text
from whybounce.notation.verp import VerpPattern
from whybounce.vocabulary.cause import Cause, CheckName
from whybounce.vocabulary.envelope import Return
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.finding import Finding, FindingWords, Inquiry
from whybounce.vocabulary.note import Note, NoteWords
from whybounce.vocabulary.notice import Audience, NoticeError, NoticeSettings, Style
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis, Report
from whybounce.vocabulary.words import Words
from whybounce.wording import Speaker, UnknownLanguageError

if TYPE_CHECKING:
    from whybounce.checking.lookups import Asking
    from whybounce.checking.mail_servers import Reach
    from whybounce.rewriting import Rewriter
    from whybounce.writing import Writer

_MOST_INQUIRIES = 8  # Of one bounce: of many recipients each may be at another domain.

__version__ = "0.1.0"

__all__ = [
    "CatalogueError",
    "Cause",
    "Diagnosis",
    "Explanation",
    "Finding",
    "FindingWords",
    "Inquiry",
    "Note",
    "NoteWords",
    "NoticeError",
    "Outcome",
    "Report",
    "UnknownLanguageError",
    "VerpPattern",
    "Words",
    "answers_to",
    "causes",
    "check",
    "confirm",
    "confirmed",
    "diagnose",
    "explain",
    "finding_words",
    "note_words",
    "read",
    "rewrite",
    "words",
    "write",
]


def explain(text_or_outcome: str | Outcome, *, findings: Sequence[Finding] = ()) -> Explanation:
    """Return why mail was not delivered, from a code, a reply, a pasted line or an Outcome.

    Args:
        text_or_outcome: ``5.7.1``, ``550 5.1.1 User unknown``, a log line, a piece of a bounce.
            Of a longer text the first 64 KiB are read, of a reply the first 4,096 characters.
        findings: What live checks found; a failed one confirms the causes that name it.

    Never raises on any text. What is not known is the cause ``unknown``.

    Raises:
        TypeError: It is given something else, such as bytes; or findings that are none.

    """
    demand_options("explain", locals())
    outcome = read_text(text_or_outcome) if isinstance(text_or_outcome, str) else text_or_outcome
    demand(outcome, Outcome, "explain", "a text (str) or an Outcome")
    return shared_explainer().explain(outcome, findings=findings)


def read(raw: bytes | bytearray | memoryview) -> Report:
    """Return what a mail says about delivery. Never raises on any bytes.

    A mail in none of the known forms is a Report without outcomes, with a Defect that says so.

    Raises:
        TypeError: It is given something else, such as a str or a Path.

    """
    raw = octets(raw, "read", "a mail as bytes")
    from whybounce import reading  # noqa: PLC0415  # 60 ms, for who reads

    return reading.read(raw)


def diagnose(
    mail_or_text: bytes | bytearray | memoryview | str | Report,
    *,
    verp: VerpPattern | None = None,
) -> Diagnosis:
    """Return what a bounce says with an explanation for each recipient, in the same order.

    Args:
        mail_or_text: A whole mail (RFC 5322), or anything that ``explain`` takes; or a Report that
            was made in another way.
        verp: How you write recipients into sender addresses, if in none of the usual ways:
            ``VerpPattern.parse("bounce-*-{local}={domain}@news.example.com")``.

    Never raises on any mail or text. A mail in no known form has no outcomes, and a defect that
    says so.

    Raises:
        TypeError: It is given something else, such as a Path.

    """
    demand_options("diagnose", locals())
    if isinstance(mail_or_text, Report):
        return _diagnose_report(mail_or_text, shared_explainer())
    if isinstance(mail_or_text, str):
        mail_or_text = mail_or_text.removeprefix("\ufeff")
    else:
        what = "a mail as bytes, a text (str) or a Report"
        mail_or_text = octets(mail_or_text, "diagnose", what)
    return _diagnose(mail_or_text, shared_explainer(), verp)


def causes() -> Mapping[str, Cause]:
    """Return the catalogue's causes by their permanent ids."""
    return catalogue().causes


async def check(
    target: str,
    *,
    resolver: "Asking | None" = None,
    selectors: Sequence[str] = (),
    block_lists: Sequence[str] = (),
    seconds: float = 30.0,
    reach: "Reach | None" = None,
    told: Callable[[Finding], None] | None = None,
    only: Collection[CheckName] | None = None,
    client: str = "",
) -> tuple[Finding, ...]:
    """Return what is found about a domain, an e-mail address or an IP address, live.

    Needs the extra ``check``. The one function here that touches the network.

    Args:
        target: A domain; an address, of which the domain is checked; an IP address.
        resolver: Who is asked: a ``whybounce.checking.lookups.Resolver``. Else whom this machine
            asks.
        selectors: DKIM keys to look for; without one those that are common are tried.
        block_lists: Zones of DNS block lists to ask, such as ``zen.spamhaus.org``.
        seconds: How long all of it may take; what is not found out by then is unknown.
        reach: What may be connected to, a ``whybounce.checking.mail_servers.Reach``: mail servers
            and the host of the MTA-STS policy. None: only the DNS is asked.
        told: Is given each finding as soon as it is there.
        only: Which questions are asked; else all.
        client: The IP address that is to send for the domain, which SPF judges then.

    Raises:
        ValueError: ``target`` is none of these, or ``client`` no IP address.
        OSError: This machine does not say whom it asks.
        TypeError: ``target`` or an option is of another type.

    """
    demand(target, str, "check", "a domain or an address as a text (str)")
    demand_options("check", locals())
    from whybounce.checking import targets  # noqa: PLC0415  # dnspython, for who asks
    from whybounce.checking.block_lists import BlockList  # noqa: PLC0415  # likewise
    from whybounce.checking.lookups import Resolver  # noqa: PLC0415  # likewise

    return await targets.check(
        resolver or Resolver.of_system(),
        target,
        selectors=selectors,
        block_lists=[BlockList(zone) for zone in block_lists],
        seconds=seconds,
        reach=reach,
        told=told,
        only=targets.BUILT if only is None else only,
        client=client,
    )


async def confirm(
    diagnosis: Diagnosis,
    *,
    resolver: "Asking | None" = None,
    seconds: float = 30.0,
    reach: "Reach | None" = None,
    ask: Callable[[Inquiry], Awaitable[Sequence[Finding]]] | None = None,
    now: datetime | None = None,
) -> Diagnosis:
    """Return the diagnosis with what live checks say of each explanation now.

    The checks are those that the causes name; whom they are about is what the bounce says. Where a
    code has several meanings they may decide between them. Needs the extra ``check``.

    Args:
        diagnosis: From ``diagnose``.
        resolver: As for ``check``.
        seconds: Likewise.
        reach: Likewise.
        ask: Asks, instead of ``check``: for whoever keeps answers.
        now: When that is; else this moment.

    Raises:
        OSError: This machine does not say whom it asks.
        TypeError: ``diagnosis`` or an option is of another type.

    """
    demand(diagnosis, Diagnosis, "confirm", "a Diagnosis, as diagnose returns it")
    demand_options("confirm", locals())

    async def asked(inquiry: Inquiry) -> Sequence[Finding]:
        return await answers_to(inquiry, resolver=resolver, reach=reach, seconds=seconds)

    import asyncio  # noqa: PLC0415  # 40 ms, for who asks

    planned = inquiries_of(diagnosis, catalogue())
    wanted = list(dict.fromkeys(each for one in planned for each in one))[:_MOST_INQUIRIES]
    answers = await asyncio.gather(*((ask or asked)(inquiry) for inquiry in wanted))
    at = now or datetime.now(UTC).replace(microsecond=0)
    return confirmed(diagnosis, dict(zip(wanted, answers, strict=True)), at=at)


def confirmed(
    diagnosis: Diagnosis, found: Mapping[Inquiry, Sequence[Finding]], *, at: datetime
) -> Diagnosis:
    """Return the diagnosis with what findings say of each explanation, as ``confirm`` does.

    Args:
        diagnosis: From ``diagnose``.
        found: What was found, by what was asked; what nobody asked is lacking.
        at: When was asked.

    Raises:
        TypeError: One of them is of another type.

    """
    demand(diagnosis, Diagnosis, "confirmed", "a Diagnosis, as diagnose returns it")
    demand(found, Mapping, "confirmed", "a dict of Inquiries and Findings")
    demand_options("confirmed", locals())
    return confirmed_by(diagnosis, found, shared_explainer(), catalogue(), at=at)


async def answers_to(
    inquiry: Inquiry,
    *,
    resolver: "Asking | None" = None,
    reach: "Reach | None" = None,
    seconds: float = 30.0,
) -> tuple[Finding, ...]:
    """Return what ``check`` finds about one inquiry; nothing where its target is none.

    Raises:
        TypeError: ``inquiry`` or an option is of another type.

    """
    demand(inquiry, Inquiry, "answers_to", "an Inquiry")
    demand_options("answers_to", locals())
    try:
        return await check(
            inquiry.target,
            resolver=resolver,
            selectors=inquiry.selectors,
            block_lists=inquiry.lists,
            seconds=seconds,
            reach=reach,
            only=inquiry.checks,
            client=inquiry.client,
        )
    except ValueError:  # The bounce names what is no domain, and no address.
        return ()


def finding_words(finding: Finding, language: str = "en") -> FindingWords:
    """Return what a live check found in words, with steps that mend it.

    Raises:
        UnknownLanguageError: There are no words in that language.
        TypeError: It is given something else than a Finding.

    """
    demand(finding, Finding, "finding_words", "a Finding, as check returns them")
    demand(language, str, "finding_words", "language= as a text (str)")
    return _speaker(language).finding_words(finding)


def words(explanation: Explanation, language: str = "en") -> Words:
    """Return the explanation in words, in the order every answer has.

    Raises:
        UnknownLanguageError: There are no words in that language.
        TypeError: It is given something else than an Explanation.

    """
    demand(explanation, Explanation, "words", "an Explanation, as explain returns it")
    demand(language, str, "words", "language= as a text (str)")
    return _speaker(language).words(explanation)


def note_words(note: Note, language: str = "en") -> NoteWords:
    """Return what a diagnosis notes beyond its report, in words, with the evidence.

    Raises:
        UnknownLanguageError: There are no words in that language.
        TypeError: It is given something else than a Note.

    """
    demand(note, Note, "note_words", "a Note of a diagnosis")
    demand(language, str, "note_words", "language= as a text (str)")
    return _speaker(language).note_words(note)


def write(
    diagnosis: Diagnosis,
    *,
    original: bytes | bytearray | memoryview | None = None,
    style: Style | Literal["modern", "classic"] = "modern",
    audience: Audience | Literal["internal", "external"] = "internal",
    language: str | None = None,
    generator: str | None = None,
    organisation: str | None = None,
    contact: str | None = None,
    help_base: str | None = None,
    cause_links: Mapping[str, str] | None = None,
    own_words: Path | str | None = None,
    from_address: str | None = None,
    to: str | None = None,
    date: datetime | None = None,
    message_id: str | None = None,
    returns: Return | Literal["FULL", "HDRS"] | None = None,
    return_limit: int = 1_048_576,
    eight_bit: bool = True,
    smtputf8: bool | None = None,
    internal_hosts: Sequence[str] = (),
) -> bytes:
    """Return the NDR that tells the sender: a multipart/report, its lines ending with CRLF.

    The same input gives the same bytes: no clock is read, nothing is random.

    Args:
        diagnosis: What became of the message; each outcome names its recipient.
        original: The message it is about, as it was received (RFC 5322). Without it the header
            goes back as far as the report knows it.
        style: ``modern`` groups recipients by cause and says who needs to act; ``classic`` is user
            information, then "Diagnostic information for administrators".
        audience: ``external`` shows no group members, inner servers or evidence.
        language: Of the account that reads it. Else what the original's Accept-Language or
            Content-Language ask for, where there are words in it; else English.
        generator: The host that reports. Else the report's.
        organisation: Whose mail system reports, as its people call it.
        contact: Whom the reader can ask: an address, a link, a number.
        help_base: The link under which ``/causes/<id>`` lies.
        cause_links: Links of their own for single causes.
        own_words: A folder with words, links and a contact of your own, laid over the catalogue's;
            read on first use. What is given here by name goes before what stands there.
        from_address: Else postmaster@ the generator.
        to: Whom the notice goes to. Else the original's Return-Path, else its From.
        date: The notice's date. Else the report's, else the latest that it names.
        message_id: With its brackets. Else derived from the content.
        returns: What RET asked for (RFC 3461 §4.3): ``FULL``, ``HDRS``. The whole original goes
            back with failures only, and only where it can travel unchanged.
        return_limit: Octets; of a larger original only the header goes back.
        eight_bit: Whether whoever carries the notice takes 8BITMIME (RFC 6152).
        smtputf8: Whether the original was internationalised (RFC 6531); else its header shows.
        internal_hosts: ``*.corp.example``: hosts that strangers do not see. Else the generator's
            domain.

    Raises:
        NoticeError: What a notice must have is missing; says what. NullSenderError: the
            original has an empty return path, so nobody may be told.
        UnknownLanguageError: There are no words in that language.
        CatalogueError: A file of ``own_words`` cannot be used; says which, and what it needs.
        ValueError: ``style``, ``audience`` or ``returns`` is none of those named here.
        TypeError: ``diagnosis`` or an option is of another type.

    """
    demand_options("write", locals())
    demand(diagnosis, Diagnosis, "write", "a Diagnosis, as diagnose returns it")
    if original is not None:
        original = octets(original, "write", "original= as bytes")
    overlay, writer = _words_of(own_words)
    settings = NoticeSettings(
        style=Style(style),
        audience=Audience(audience),
        language=language,
        generator=generator,
        organisation=organisation,
        contact=contact or overlay.contact,
        help_base=help_base,
        cause_links={**overlay.links, **(cause_links or {})},
        from_address=from_address,
        to=to,
        date=date,
        message_id=message_id,
        returns=Return(returns) if returns else None,
        return_limit=return_limit,
        eight_bit=eight_bit,
        smtputf8=smtputf8,
        internal_hosts=tuple(internal_hosts),
    )
    return writer.write(diagnosis, settings, original)


def rewrite(
    mail: bytes | bytearray | memoryview,
    *,
    by: str,
    ours: bool = False,
    style: Style | Literal["modern", "classic"] = "modern",
    language: str | None = None,
    organisation: str | None = None,
    contact: str | None = None,
    help_base: str | None = None,
    own_words: Path | str | None = None,
    from_address: str | None = None,
    to: str | None = None,
) -> bytes:
    """Return another system's bounce told as an NDR of ours; any other mail byte for byte.

    The machine part is carried over unchanged and the whole bounce is attached.

    Args:
        mail: A whole mail, lines ending with CRLF or LF; what is returned ends them likewise.
        by: The host that rewrites.
        ours: Whether it is proven that the original was sent from here; else the NDR warns that
            it may never have been.
        style: ``modern`` or ``classic``, as for ``write``.
        language: Else the original's, where there are words in it; else English.
        organisation: Whose mail system rewrites.
        contact: Whom the reader can ask.
        help_base: The link under which ``/causes/<id>`` lies.
        own_words: A folder with words, links and a contact of your own, as for ``write``.
        from_address: Else postmaster@ the host that rewrites.
        to: Whom the NDR goes to. Else whom the bounce went to.

    Raises:
        UnknownLanguageError: There are no words in that language.
        CatalogueError: A file of ``own_words`` cannot be used; says which, and what it needs.
        ValueError: ``style`` is none of those named here.
        TypeError: ``mail`` is no bytes, or an option is of another type.

    """
    demand_options("rewrite", locals())
    mail = octets(mail, "rewrite", "a mail as bytes")
    overlay, writer = _words_of(own_words)
    settings = NoticeSettings(
        style=Style(style),
        language=language,
        organisation=organisation,
        contact=contact or overlay.contact,
        help_base=help_base,
        cause_links=overlay.links,
        from_address=from_address,
        to=to,
    )
    return _rewriter(writer).rewrite(mail, settings, by=by, ours=ours)


@cache
def _speaker(language: str) -> Speaker:
    return Speaker(catalogue(), language)


@cache
def _words_of(folder: Path | str | None) -> "tuple[Overlay, Writer]":
    """Return what the folder lays over the catalogue, and who writes with it."""
    from whybounce.writing import Writer  # noqa: PLC0415  # only who writes needs it

    known = catalogue()
    overlay = load_overlay(Path(folder), known) if folder else Overlay(known, None, {})
    return overlay, Writer(overlay.catalogue)


@cache
def _rewriter(writer: "Writer") -> "Rewriter":
    from whybounce.rewriting import Rewriter  # noqa: PLC0415  # only who rewrites needs it

    return Rewriter(shared_explainer(), writer)
