"""Cells that no spreadsheet takes for a formula."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from whybounce.catalogue import catalogue
from whybounce.cli.answers.comma_separated import Rows
from whybounce.wording import Speaker


def written(*cells: object) -> list[str]:
    """Return the cells of one row as a program reads them back."""
    file = io.BytesIO()
    sink = Rows(file, Speaker(catalogue()))
    sink.write([cells])
    sink.close()
    return list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))[1]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1", "\u00a0=1"]
)
def test_what_begins_like_a_formula_gets_an_apostrophe(cell):
    """Whatever stands before it that a spreadsheet skips."""
    assert written(cell) == [f"'{cell}"]


@pytest.mark.parametrize("cell", ["anna@example.org", "a=b", "5.1.1", "", "'quoted'", "<1@x>"])
def test_what_does_not_stays_as_it_is(cell):
    """Addresses above all."""
    assert written(cell) == [cell]


def test_each_type_has_its_form():
    """Nothing, true, a number, a time in UTC."""
    time = datetime(2026, 1, 5, 10, tzinfo=UTC)

    cells = (None, True, 550, time)

    assert written(*cells) == ["", "true", "550", "2026-01-05T10:00:00Z"]


@given(st.lists(st.text(), min_size=2, max_size=4))
def test_no_cell_breaks_out_of_its_place(cells):
    """Commas, quotes and line ends stay inside; none begins a formula."""
    read = written(*cells)

    assert [cell.removeprefix("'") for cell in read] == [cell.removeprefix("'") for cell in cells]
    assert not [cell for cell in read if cell.lstrip().startswith(("=", "+", "-", "@"))]
