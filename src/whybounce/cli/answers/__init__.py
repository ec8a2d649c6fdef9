"""Answers: what ``read`` can make of each mail, one file for each form.

Each form has two halves. ``Form.of`` makes one mail's part of the answer, in whichever process
read it, so that part can be pickled; ``Form.sink`` makes what all parts go into, in their order, and which
is closed at the end. The table below is the whole choice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from whybounce.cli.answers import (
    comma_separated,
    json_lines,
    pages,
    parquet,
    summary,
    suppression,
    table,
)
from whybounce.sources import Mail
from whybounce.vocabulary.report import Diagnosis
from whybounce.wording import Speaker


class Sink(Protocol):
    """What the parts of an answer go into, in their order."""

    def write(self, part: Any, /) -> None:
        """Take one mail's part. What was written is whole, whatever comes after."""

    def close(self) -> None:
        """Write what can only be said at the end; nothing can be written after it."""


@dataclass(frozen=True, slots=True)
class Form:
    """One thing that can be made of mails."""

    of: Callable[[Mail, Diagnosis, Speaker], Any]
    sink: Callable[[BinaryIO, Speaker], Sink]


FORMS: Mapping[str, Form] = {
    "page": Form(pages.page, pages.Pages),
    "json": Form(json_lines.line, json_lines.Lines),
    "csv": Form(table.rows, comma_separated.Rows),
    "parquet": Form(table.rows, parquet.Rows),
    "summary": Form(summary.tally, summary.Page),
    "summary-json": Form(summary.tally, summary.JsonObject),
    "suppress": Form(suppression.suppressions, suppression.Rows),
    "suppress-json": Form(suppression.suppressions, suppression.JsonLines),
}
