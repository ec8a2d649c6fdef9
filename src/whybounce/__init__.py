"""Whybounce: why mail was not delivered, who must act, and how.

>>> import whybounce
>>> explanation = whybounce.explain("550 5.7.1 Unable to relay")
>>> explanation.cause, explanation.owner.value
('unable-to-relay', 'sender-admin')

``explain`` answers for a code, a reply or a pasted line; ``read`` makes a report of a bounce and
``diagnose`` explains it too; ``causes`` is the catalogue; ``words`` says an explanation in a
language, and ``note_words`` what else the headers show. No function here touches the network.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from whybounce.catalogue import CatalogueError, catalogue
from whybounce.diagnosing import diagnose as _diagnose
from whybounce.explaining import Explainer
from whybounce.notation import read_text
from whybounce.notation.verp import VerpPattern
from whybounce.reading import read
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.finding import Finding
from whybounce.vocabulary.note import Note, NoteWords
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis, Report
from whybounce.vocabulary.words import Words
from whybounce.wording import Speaker, UnknownLanguageError

__version__ = "0.1.0"

__all__ = [
    "CatalogueError",
    "Cause",
    "Diagnosis",
    "Explanation",
    "Finding",
    "Note",
    "NoteWords",
    "Outcome",
    "Report",
    "UnknownLanguageError",
    "VerpPattern",
    "Words",
    "causes",
    "diagnose",
    "explain",
    "note_words",
    "read",
    "words",
]


def explain(text_or_outcome: str | Outcome, *, findings: Sequence[Finding] = ()) -> Explanation:
    """Return why mail was not delivered, from a code, a reply, a pasted line or an Outcome.

    Args:
        text_or_outcome: ``5.7.1``, ``550 5.1.1 User unknown``, a log line, a piece of a bounce.
            Of a longer text the first 64 KiB are read, of a reply the first 4,096 characters.
        findings: What live checks found; a failed one confirms the causes that name it.

    Never raises on any text. What is not known is the cause ``unknown``.

    """
    outcome = read_text(text_or_outcome) if isinstance(text_or_outcome, str) else text_or_outcome
    return _explainer().explain(outcome, findings=findings)


def diagnose(mail_or_text: bytes | str, *, verp: VerpPattern | None = None) -> Diagnosis:
    """Return what a bounce says with an explanation for each recipient, in the same order.

    Args:
        mail_or_text: A whole mail (RFC 5322), or anything that ``explain`` takes.
        verp: How you write recipients into sender addresses, if in none of the usual ways:
            ``VerpPattern.parse("bounce-*-{local}={domain}@news.example.com")``.

    Never raises. A mail in no known form has no outcomes, and a defect that says so.

    """
    return _diagnose(mail_or_text, _explainer(), verp)


def causes() -> Mapping[str, Cause]:
    """Return the catalogue's causes by their permanent ids."""
    return catalogue().causes


def words(explanation: Explanation, language: str = "en") -> Words:
    """Return the explanation in words, in the order every answer has.

    Raises:
        UnknownLanguageError: There are no words in that language.

    """
    return _speaker(language).words(explanation)


def note_words(note: Note, language: str = "en") -> NoteWords:
    """Return what a diagnosis notes beyond its report, in words, with the evidence.

    Raises:
        UnknownLanguageError: There are no words in that language.

    """
    return _speaker(language).note_words(note)


@cache
def _explainer() -> Explainer:
    return Explainer(catalogue())


@cache
def _speaker(language: str) -> Speaker:
    return Speaker(catalogue(), language)
