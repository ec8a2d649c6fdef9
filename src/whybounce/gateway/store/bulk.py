"""Statements for many rows at once, compiled once for each database.

SQLAlchemy looks at a statement and at every value of every row anew each time, which took a third
of the time of accepting a message. But what it finds does not change: the SQL, the order of its
values, and what each column's type does with one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update

Row = Mapping[str, Any]
"""Values by the names of an INSERT's columns, or of an UPDATE's parameters; absent ones are null."""

_Written = tuple[str, Callable[[Row], Any]]


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
        sql, values = self._written[dialect.name]
        connection.exec_driver_sql(sql, [values(row) for row in rows])


def _write(statement: Insert | Update, dialect: Dialect) -> _Written:
    """Return the SQL as the driver takes it, and what makes its values of a row."""
    names = statement.table.columns.keys() if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=names)
    order = compiled.positiontup or list(compiled.params)
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

    def by_name(row: Row) -> dict[str, Any]:
        return {name: process(row.get(name, said)) for name, said, process in steps}

    return str(compiled), in_order if compiled.positiontup else by_name


def _as_it_is(value: object) -> object:
    return value
