"""CSV, RFC 4180: UTF-8, a header row, times as RFC 3339 writes them.

Whoever sends a bounce chooses what stands in it, and a spreadsheet runs a cell that begins like
a formula. Such a cell gets an apostrophe in front. Who needs the bare text takes JSON or Parquet.
"""

import csv
import io
from datetime import datetime
from typing import BinaryIO

from whybounce.cli.answers.table import COLUMNS, Cell, Row
from whybounce.wire.times import timestamp
from whybounce.wording import Speaker

# What spreadsheets take for the beginning of a formula, also in the wide letters of East Asia.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_LEADING = " \t\r\n\v\f\0\u00a0\ufeff"  # What they skip before it.


class Rows:
    """Rows that are written as they come."""

    def __init__(self, file: BinaryIO, _: Speaker) -> None:
        self._file = file
        self._line = io.StringIO()
        self._csv = csv.writer(self._line)
        self.write([tuple(column.name for column in COLUMNS)])

    def write(self, part: list[Row], /) -> None:
        """Write one mail's rows, all at once."""
        for row in part:
            self._csv.writerow(map(_written, row))
        self._file.write(self._line.getvalue().encode("utf-8", "replace"))
        self._line.seek(0)
        self._line.truncate()

    def close(self) -> None:
        """Write out what is held back."""
        self._file.flush()


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return timestamp(cell)
        case int():
            return str(cell)
        case str():
            return f"'{cell}" if _like_a_formula(cell) else cell


def _like_a_formula(cell: str) -> bool:
    return cell.startswith(("\t", "\r")) or cell.lstrip(_LEADING).startswith(_FORMULA)
