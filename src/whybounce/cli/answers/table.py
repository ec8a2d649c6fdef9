"""A table: one row for each outcome, and one for a mail without outcomes. Flat and stable.

A column keeps its name, its place and its type; new ones are added at the end. What nobody said
is empty.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from whybounce.cli.answers.storable import storable
from whybounce.sources import Mail
from whybounce.vocabulary.cause import Suppress
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis, Original, Report
from whybounce.wording import Speaker

Cell = str | int | bool | datetime | None
Row = tuple[Cell, ...]


class Type(StrEnum):
    """What stands in the cells of a column."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"  # UTC.


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about."""

    mail: Mail
    diagnosis: Diagnosis
    outcome: Outcome
    explanation: Explanation | None  # None: the mail has no outcomes.
    speaker: Speaker

    @property
    def report(self) -> Report:
        """Return what the mail says."""
        return self.diagnosis.report

    @property
    def original(self) -> Original:
        """Return the header of the message that was not delivered, be it empty."""
        return self.diagnosis.report.original or _NO_ORIGINAL


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what stands in it, and how that is found."""

    name: str
    type: Type
    cell: Callable[[Subject], Cell]


_NO_OUTCOME = Outcome()
_NO_ORIGINAL = Original()


def rows(mail: Mail, diagnosis: Diagnosis, speaker: Speaker) -> list[Row]:
    """Return the mail's rows."""
    outcomes = diagnosis.report.outcomes or (_NO_OUTCOME,)
    explanations = diagnosis.explanations or (None,)
    subjects = (
        Subject(mail, diagnosis, outcome, explanation, speaker)
        for outcome, explanation in zip(outcomes, explanations, strict=True)
    )
    return [tuple(_cells(subject)) for subject in subjects]


def _cells(subject: Subject) -> Iterator[Cell]:
    for column in COLUMNS:
        cell = column.cell(subject)
        yield storable(cell) if isinstance(cell, str) else cell


def _explained(cell: Callable[[Explanation], Cell]) -> Callable[[Subject], Cell]:
    return lambda of: cell(of.explanation) if of.explanation else None


def _status(of: Subject) -> str | None:
    reply = of.outcome.reply
    status = of.outcome.status or (reply.status if reply else None)
    return str(status) if status else None


def _reply(of: Subject) -> str | None:
    return str(of.outcome.reply) or None if of.outcome.reply else None


def _reply_code(of: Subject) -> int | None:
    return of.outcome.reply.code if of.outcome.reply else None


def _title(of: Subject) -> str | None:
    return of.speaker.cause_words(of.explanation.cause).title if of.explanation else None


def _inferred(of: Subject) -> str | None:
    return "; ".join(f"{fact}: {rule}" for fact, rule in of.outcome.inferred.items()) or None


def _notes(of: Subject) -> str | None:
    return " ".join(of.speaker.note_words(note).what for note in of.diagnosis.notes) or None


def _defects(of: Subject) -> str | None:
    return "; ".join(f"{defect.where}: {defect.what}" for defect in of.report.defects) or None


COLUMNS = (
    Column("source", Type.TEXT, lambda of: of.mail.source),
    Column("kind", Type.TEXT, lambda of: of.report.kind.value),
    Column("form", Type.TEXT, lambda of: of.report.form),
    Column("generator", Type.TEXT, lambda of: of.report.generator),
    Column("date", Type.TIME, lambda of: of.report.date),
    Column("arrival_date", Type.TIME, lambda of: of.report.arrival_date),
    Column("envelope_id", Type.TEXT, lambda of: of.report.envelope_id),
    Column("recipient", Type.TEXT, lambda of: of.outcome.recipient),
    Column("original_recipient", Type.TEXT, lambda of: of.outcome.original_recipient),
    Column("action", Type.TEXT, lambda of: of.outcome.action and of.outcome.action.value),
    Column("status", Type.TEXT, _status),
    Column("reply_code", Type.INTEGER, _reply_code),
    Column("reply", Type.TEXT, _reply),
    Column("command", Type.TEXT, lambda of: of.outcome.command),
    Column("remote", Type.TEXT, lambda of: of.outcome.remote),
    Column("rejected_by", Type.TEXT, lambda of: of.outcome.rejected_by),
    Column("reply_from", Type.TEXT, lambda of: of.outcome.reply_from),
    Column("last_attempt", Type.TIME, lambda of: of.outcome.last_attempt),
    Column("will_retry_until", Type.TIME, lambda of: of.outcome.will_retry_until),
    Column("permanent", Type.BOOLEAN, _explained(lambda why: why.permanent)),
    Column("suppress", Type.BOOLEAN, _explained(lambda why: why.suppress is Suppress.ADDRESS)),
    Column("reason", Type.TEXT, _explained(lambda why: why.reason.value)),
    Column("cause", Type.TEXT, _explained(lambda why: why.cause)),
    Column("title", Type.TEXT, _title),
    Column("owner", Type.TEXT, _explained(lambda why: why.owner.value)),
    Column("again", Type.TEXT, _explained(lambda why: why.again.value)),
    Column("confidence", Type.TEXT, _explained(lambda why: why.confidence.value)),
    Column("rule", Type.TEXT, _explained(lambda why: why.because.rule)),
    Column("words", Type.TEXT, _explained(lambda why: why.because.words)),
    Column("message_id", Type.TEXT, lambda of: of.original.message_id),
    Column("original_from", Type.TEXT, lambda of: of.original.from_),
    Column("original_to", Type.TEXT, lambda of: of.original.to),
    Column("original_subject", Type.TEXT, lambda of: of.original.subject),
    Column("original_date", Type.TIME, lambda of: of.original.date),
    Column("inferred", Type.TEXT, _inferred),
    Column("notes", Type.TEXT, _notes),
    Column("defects", Type.TEXT, _defects),
)
