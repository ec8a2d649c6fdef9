"""What is done with what people send: octets in, the octets of an answer out. No I/O, no clock.

Each of these runs where it is asked for if it is short, else in another process: see ``thinking``.
All raise ``ProblemError`` where the request is to be told what is wrong with it.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

import whybounce
from whybounce.catalogue import catalogue
from whybounce.diagnosing.inquiring import inquiries_of
from whybounce.explaining import mistyped_code
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Defect, Diagnosis
from whybounce.web import noticing, plain, reader
from whybounce.web.asked import wanted
from whybounce.web.cards import group_card
from whybounce.web.checks import Answered
from whybounce.web.problems import ProblemError
from whybounce.web.site import Site, notice_speaker, speaker, speaker_of
from whybounce.web.submitted import Submitted, submitted
from whybounce.wire import diagnosis_as_dict, explanation_as_dict
from whybounce.writing.grouping import groups_of

_MOST_CARDS = 20
_MOST_IN_JSON = 100
_LONGEST_JSON = 200_000


def inquired(content_type: str, body: bytes) -> bytes:
    """Return what live checks are to ask about a text or mail, each inquiry once, as JSON."""
    planned = inquiries_of(_diagnosis(submitted(content_type, body)), catalogue())
    wanted = dict.fromkeys(each for one in planned for each in one)
    return msgspec.json.encode(list(wanted))


def explain(
    content_type: str, body: bytes, language: str, *, as_text: bool, asked: bytes = b""
) -> bytes:
    """Return the explanation of a text or mail: of several recipients, the first that failed."""
    sent = submitted(content_type, body)
    explanation, outcome = _explained(sent, asked)
    said_by = speaker_of(language)
    if as_text:
        return plain.answer(explanation, said_by, outcome).encode()
    source = None if sent.is_mail else sent.text
    return msgspec.json.encode(explanation_as_dict(explanation, catalogue(), said_by, source))


def read(
    content_type: str, body: bytes, language: str, *, as_text: bool, asked: bytes = b""
) -> bytes:
    """Return everything a mail or a bounce's text says."""
    sent = submitted(content_type, body)
    told, said_by = _confirmed(_diagnosis(sent), asked), speaker_of(language)
    if as_text:
        return plain.diagnosis(told, said_by).encode("utf-8", "replace")
    return msgspec.json.encode(diagnosis_as_dict(told, catalogue(), said_by, sent.file))


def notice(content_type: str, body: bytes, now: datetime) -> bytes:
    """Return the notice that a form or JSON describes, as a mail."""
    asked_for, _ = wanted(content_type, body)
    return noticing.notice(asked_for, now)


def notice_page(content_type: str, body: bytes, now: datetime) -> bytes:
    """Return the page that such a notice shows."""
    asked_for, theme = wanted(content_type, body)
    return noticing.page(noticing.notice(asked_for, now), theme)


def diagnose_page(site: Site, content_type: str, body: bytes, *, asked: bytes = b"") -> bytes:
    """Return the page with an answer for each recipient, below the box."""
    return _answered(site, submitted(content_type, body), "diagnose.html", at="/", asked=asked)


def reader_page(site: Site, content_type: str, body: bytes, *, asked: bytes = b"") -> bytes:
    """Return the page that shows everything a mail says."""
    return _answered(site, submitted(content_type, body), "read.html", at="/read", asked=asked)


def explained_page(site: Site, text: str) -> bytes:
    """Return the page that answers a text that stands in the address."""
    return _answered(
        site, submitted("text/plain", text.encode("utf-8", "replace")), "diagnose.html", at="/"
    )


def _answered(site: Site, sent: Submitted, template: str, *, at: str, asked: bytes = b"") -> bytes:
    if (near := mistyped_code(catalogue(), sent.text)) is not None:
        code = sent.text.strip()
        raise ProblemError("mistyped-code", {"code": code}, near, kept=sent.text)
    told, said_by = _confirmed(_diagnosis(sent), asked), speaker()
    report = told.report
    groups = groups_of(told)
    left_out = sum(len(group.outcomes) for group in groups[_MOST_CARDS:])
    return site.render(
        template,
        at=at,
        text=sent.text,
        file=sent.file,
        cards=[group_card(group, said_by, notice_speaker()) for group in groups[:_MOST_CARDS]],
        left_out=left_out,
        mails=sent.mails,
        is_mail=sent.is_mail,
        report=report,
        notes=[said_by.note_words(note) for note in told.notes],
        help_desk=_help_desk(told),
        json=_json(told, sent),
        way=reader.trace(report, said_by) if at == "/read" else None,
        parts_shown=reader.parts(sent.raw, report, is_mail=sent.is_mail) if at == "/read" else None,
    )


def _explained(sent: Submitted, asked: bytes) -> tuple[Explanation, Outcome | None]:
    """Return the explanation; a line or two can only be one reply, and is explained at once."""
    if asked:
        return _gravest(_confirmed(_diagnosis(sent), asked), sent)
    if not sent.is_mail and sent.raw.count(b"\n") <= 1:
        return whybounce.explain(sent.text), None
    return _gravest(_diagnosis(sent), sent)


def _diagnosis(sent: Submitted) -> Diagnosis:
    told = whybounce.diagnose(sent.raw)
    if sent.mails == 1:
        return told
    others = Defect("file", f"holds {sent.mails} mails; only the first was read")
    return replace(told, report=replace(told.report, defects=(*told.report.defects, others)))


def _confirmed(told: Diagnosis, asked: bytes) -> Diagnosis:
    """Return the diagnosis with what live checks say of it; as it is where none were asked for."""
    if not asked:
        return told
    given = msgspec.json.decode(asked, type=Answered)
    return whybounce.confirmed(told, dict(given.found), at=given.at)


def _gravest(told: Diagnosis, sent: Submitted) -> tuple[Explanation, Outcome | None]:
    """Return the first failure with its outcome, else the first of all, else what the text says."""
    pairs = list(zip(told.explanations, told.report.outcomes, strict=True))
    if not pairs:
        return whybounce.explain(sent.text), None
    return next((pair for pair in pairs if pair[0].permanent is not None), pairs[0])


def _help_desk(told: Diagnosis) -> str:
    """Return the answers as text, as many as there are cards."""
    report = replace(told.report, outcomes=told.report.outcomes[:_MOST_CARDS])
    few = replace(told, report=report, explanations=told.explanations[:_MOST_CARDS])
    return plain.diagnosis(few, speaker())


def _json(told: Diagnosis, sent: Submitted) -> str | None:
    """Return what a program would get, to be copied; None where it is too long for that."""
    shape: dict[str, Any]
    if len(told.explanations) > _MOST_IN_JSON:
        return None
    if sent.is_mail or len(told.explanations) > 1:
        shape = diagnosis_as_dict(told, catalogue(), speaker(), sent.file)
    else:
        explanation, _ = _gravest(told, sent)
        shape = explanation_as_dict(explanation, catalogue(), speaker(), sent.text)
    written = msgspec.json.format(msgspec.json.encode(shape), indent=2).decode()
    return written if len(written) <= _LONGEST_JSON else None
