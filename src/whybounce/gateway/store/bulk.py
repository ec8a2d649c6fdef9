"""Statements that run for many rows, or very often, compiled once for each database.

SQLAlchemy looks at a statement and at every value of every row anew each time, which took a third
of the time of accepting a message. But what it finds does not change: the SQL, the order of its
values, and what each column's type does with one.

Many rows go in by one INSERT. SQLite's thread lets the interpreter go for each statement, and has to
wait for the event loop's to get it back; PostgreSQL and its driver have as much to do for a statement
as for several rows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update

Row = Mapping[str, Any]
"""Values by the names of an INSERT's columns, or of an UPDATE's parameters; absent ones are null."""

MOST_TOGETHER = 32  # Rows in one INSERT; sixteen values each are far below what SQLite takes.
_MOST_VALUES = 50  # In one of PostgreSQL's: psycopg reads a statement with more anew each time.

_PLACE = re.compile(r"(?<=VALUES )\((?:\?|%s)[^()]*\)")  # Of one row's values.


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement for one database."""

    sql: str  # As the driver takes it, for one row.
    values: Callable[[Row], tuple[Any, ...]]
    place: str  # Where an INSERT has the values of a row, in SQL; empty where rows stay apart.
    most: int  # Rows in one INSERT.

    def together(self, rows: int) -> str:
        """Return the SQL for several rows."""
        return self.sql.replace(self.place, ", ".join([self.place] * rows), 1)


class Bulk:
    """An INSERT or UPDATE that runs for many rows."""

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run for each row; for none, not at all."""
        if not rows:
            return
        dialect = connection.dialect
        if dialect.name not in self._written:
            self._written[dialect.name] = _write(self._statement, dialect)
        written = self._written[dialect.name]
        values = [written.values(row) for row in rows]
        if not written.place:
            connection.exec_driver_sql(written.sql, values)
            return
        most = written.most
        whole = len(values) - len(values) % most
        if whole:
            full = [_flat(values[start : start + most]) for start in range(0, whole, most)]
            connection.exec_driver_sql(written.together(most), full)
        if whole < len(values):
            rest = values[whole:]
            connection.exec_driver_sql(written.together(len(rest)), _flat(rest))


def _flat(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple([value for row in rows for value in row])


class Question:
    """A SELECT that is asked for each message. Its rows are as the driver gives them."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def one(self, connection: Connection, values: Row) -> Sequence[Any] | None:
        """Return the only row, if there is one."""
        dialect = connection.dialect
        if dialect.name not in self._written:
            self._written[dialect.name] = _write(self._statement, dialect)
        written = self._written[dialect.name]
        return connection.exec_driver_sql(written.sql, written.values(values)).one_or_none()


def _write(statement: Insert | Update | Select[*tuple[Any, ...]], dialect: Dialect) -> _Written:
    """Return the SQL as the driver takes it, and what makes its values of a row."""
    names = statement.table.columns.keys() if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=names)
    order = compiled.positiontup
    if order is None:
        raise RuntimeError("the driver wants values by their names")
    # What an UPDATE says itself, the rows need not. An INSERT says nothing itself.
    said_itself = {} if names else compiled.params
    steps = [
        (
            name,
            said_itself.get(name),
            compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is,
        )
        for name in order
    ]

    def in_order(row: Row) -> tuple[Any, ...]:
        return tuple([process(row.get(name, said)) for name, said, process in steps])

    sql = str(compiled)
    if not names:
        return _Written(sql, in_order, "", 1)
    place = _PLACE.search(sql)
    if place is None or place[0].count(",") != len(order) - 1:
        raise RuntimeError("the statement's values stand elsewhere")
    most = MOST_TOGETHER if dialect.name == "sqlite" else max(_MOST_VALUES // len(order), 1)
    return _Written(sql, in_order, place[0], most)


def _as_it_is(value: object) -> object:
    return value
