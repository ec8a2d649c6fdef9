"""Diagnosing: read and explain in one call, deciding once whether it is a mail or a text.

A mail goes to ``reading``; a text is what a person pasted: the words of a bounce, a reply, a line
of a log. Each outcome is explained, and what the headers show besides is noted (``notes.py``): ids
and parameters, whose words are ``wording``'s.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from whybounce.diagnosing.case import Case
from whybounce.diagnosing.names import ADDRESS
from whybounce.diagnosing.notes import notes_of
from whybounce.diagnosing.sent_to import with_original_recipients
from whybounce.explaining import Explainer
from whybounce.notation import read_text
from whybounce.notation.verp import VerpPattern
from whybounce.vocabulary.cause import Suppress
from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Diagnosis, Kind, Original, Report

# A mail begins with header fields, RFC 5322 §2.2; archives and mail programs put a line before them.
_HEADER = re.compile(
    rb"(?:[\r\n]{0,4}(?:From |\*{3,}|#! )[^\r\n]{0,300}(?:\r\n?|\n)(?:[ \t][^\r\n]{0,300}(?:\r\n?|\n)){0,5})?[\r\n]{0,4}"
    rb"((?:[!-9;-~]{1,80}[ \t]{0,3}:[^\r\n]{0,2000}(?:(?:\r\n?|\n)[ \t][^\r\n]{0,2000}){0,200}(?:\r\n?|\n|\Z)){1,40})"
)
# Fields that stand in every mail and in no report that somebody pasted.
_OF_A_MAIL = re.compile(
    rb"^(?:return-path|received|delivered-to|from|to|date|subject|message-id|mime-version|content-type|auto-submitted"
    rb"|x-original-to|dkim-signature|arc-seal)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
# Nearly every mail has one of them first.
_BEGINS_AS_A_MAIL = re.compile(_OF_A_MAIL.pattern + rb"[^\r\n]{0,2000}(?:[\r\n]|\Z)", re.IGNORECASE)

_LONGEST_TEXT = 262_144

# Where the kind of the report is the cause, there is no reply to look at.
_CAUSE_OF_KIND = {
    Kind.COMPLAINT: "complaint-received",
    Kind.AUTO_REPLY: "automatic-reply",
    Kind.CHALLENGE: "challenge-response",
    Kind.READ_RECEIPT: "delivered",
}

# Of these types, a complaint's form holds no wish to get no more mail (RFC 5965 §7.3, RFC 6591).
_NO_WISH_TO_END = {"not-spam", "auth-failure"}


def diagnose(
    mail_or_text: bytes | str, explainer: Explainer, verp: VerpPattern | None = None
) -> Diagnosis:
    """Return the report with an explanation for each outcome, in the same order. Never raises.

    Bytes that begin with header fields are a mail; anything else is a text that quotes a reply.
    """
    raw = mail_or_text.encode("utf-8", "replace") if isinstance(mail_or_text, str) else mail_or_text
    if is_mail(raw):
        from whybounce.reading import parse_message, read_message  # noqa: PLC0415  # 60 ms

        message = parse_message(raw)
        report = with_original_recipients(read_message(message), message.fields, verp)
        return diagnose_report(report, explainer)
    text = diagnose_report(_of_text(raw[:_LONGEST_TEXT].decode("utf-8", "replace")), explainer)
    return text if _says_anything(text) else _no_report(text)


def _says_anything(diagnosis: Diagnosis) -> bool:
    """Say whether a text names somebody or anything in it is understood: any file is a text."""
    pairs = zip(diagnosis.report.outcomes, diagnosis.explanations, strict=True)
    return any(
        outcome.recipient or explanation.confidence is not Confidence.UNKNOWN
        for outcome, explanation in pairs
    )


def _no_report(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, report=replace(diagnosis.report, kind=Kind.NOT_A_REPORT))


def diagnose_report(report: Report, explainer: Explainer) -> Diagnosis:
    """Return a report that is at hand already, explained and noted. Never raises."""
    explanations = tuple(_explained(report, explainer))
    notes = notes_of(Case.of(report, explanations, explainer.causes))
    return Diagnosis(report, explanations, notes)


def _of_text(text: str) -> Report:
    """Return the report of a bounce's pasted text; of anything shorter, a report of one outcome."""
    if text.count("\n") > 1 or text.lstrip().startswith(("{", "[")):
        from whybounce.reading import read_pasted  # noqa: PLC0415  # 60 ms

        pasted = read_pasted(text)
        if pasted is not None:
            return pasted
    outcome = read_text(text)
    if outcome.recipient is None and _has_an_address(text) and _names_nobody(outcome):
        from whybounce.reading import recipient_told  # noqa: PLC0415  # 60 ms

        outcome = replace(outcome, recipient=recipient_told(text))
    kind = Kind.DELAY if outcome.action is Action.DELAYED else Kind.FAILURE
    return Report(kind=kind, form="text", outcomes=(outcome,))


def _has_an_address(text: str) -> bool:
    return "@" in text or "(a)" in text.lower()  # The latter is how X.400 has to write it.


def _names_nobody(outcome: Outcome) -> bool:
    """Say whether the reply itself names no address: what else the text says tells who was meant."""
    return outcome.reply is None or "@" not in outcome.reply.text


def _explained(report: Report, explainer: Explainer) -> Iterator[Explanation]:
    cause = _CAUSE_OF_KIND.get(report.kind)
    sender = _sender(report.original)
    for outcome in report.outcomes:
        explanation = (
            explainer.explain(outcome)
            if cause is None
            else explainer.explain_as(cause, outcome, report.form)
        )
        if report.feedback_type in _NO_WISH_TO_END:
            explanation = replace(explanation, suppress=Suppress.NO)
        if sender:
            known = {**sender, **explanation.parameters}
            explanation = replace(explanation, parameters=known)
        yield explanation


def _sender(original: Original | None) -> dict[str, str]:
    """Return who sent the original, for replies that do not name the sender."""
    address = ADDRESS.search((original.from_ or "")[:2_000]) if original else None
    if address is None:
        return {}
    return {"sender": address[0], "sender_domain": address[0].rpartition("@")[2]}


def is_mail(raw: bytes) -> bool:
    """Say whether the bytes begin as a mail does, or are nothing that could be a text."""
    if _BEGINS_AS_A_MAIL.match(raw):
        return True
    header = _HEADER.match(raw[:65_536])
    if header and _OF_A_MAIL.search(header[1].replace(b"\r", b"\n")):
        return True
    return b"\x00" in raw[:4096] or not raw.strip()
