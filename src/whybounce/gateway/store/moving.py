"""Moving a queue into another, empty database, whichever of the two each is: all of it or nothing.

Each is held by one transaction. What was copied is counted in both before either commits, and the
old queue is marked, so that nobody serves it again and delivers everything twice.

Whatever tables there are move, and as they are stored: only of bodies is known here how they are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from zlib import crc32

from sqlalchemy import (
    Connection,
    TableClause,
    bindparam,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    update,
)

from whybounce.gateway.store import migrating
from whybounce.gateway.store.bodies import PIECE
from whybounce.gateway.store.errors import StoreError, StoreSetupError
from whybounce.gateway.store.identity import RandomBits
from whybounce.gateway.store.opening import Opened, explained, open_existing, open_queue
from whybounce.gateway.store.spool import body_name, unavailable
from whybounce.gateway.store.tables import AnyRow, bodies, chunks, recipients

_ROWS_AT_ONCE = 1_000
_BODIES_AT_ONCE = 32  # Of 256 KB at most.


@dataclass(frozen=True, slots=True)
class Moved:
    """What has moved."""

    rows: dict[str, int]  # Of each table; how large bodies are cut is each database's own affair.
    octets: int  # Of bodies.
    damaged: tuple[str, ...]  # Bodies that were so before and still are, by their messages' ids.


def move(source: str, target: str, *, now: datetime, random_bits: RandomBits) -> Moved:
    """Move the queue; whoever opens the old one is told so afterwards.

    Args:
        source: The queue's URL. No node may be using it.
        target: The URL of an empty database, or of a file that is not there yet.
        now: When recipients become due that a process had leased which has ended.
        random_bits: Names files.

    Raises:
        StoreSetupError: One of them is not as it must be, or a node holds recipients.
        StoreInUseError: A process owns one of the files.
        StoreUnavailableError: One of the databases does not work. Nothing has moved.

    """
    if source == target:
        raise StoreSetupError("a queue does not move into itself; name an empty database")
    old = open_existing(source)
    try:
        new = open_queue(target)
        try:
            return _move(old, new, now, random_bits)
        finally:
            new.release()
    finally:
        old.release()


def _move(old: Opened, new: Opened, now: datetime, random_bits: RandomBits) -> Moved:
    files: list[str] = []
    try:
        # The inner one commits first: if the other then cannot, the mail is in both and not in none.
        with (
            explained(old.dialect, "moved"),
            old.writing.begin() as there,
            explained(new.dialect, "filled"),
            new.writing.begin() as here,
        ):
            carrying = Carrying(old, there, new, here, random_bits, files)
            with explained(old.dialect, "moved"):
                old.dialect.hold(there)
                if not old.dialect.OWNED:
                    _refuse_leases(there, now)
            new.dialect.hold(here)
            tables = _tables(here)
            _refuse_rows(here, tables)
            for each in tables:
                carrying.carry(each)
            rows = carrying.counted(tables)
            _end_leases(here, now)
            with explained(old.dialect, "marked as moved"):
                migrating.mark_as_moved(there)
    except BaseException:
        for name in files:
            new.spool.remove(name)
        raise
    return Moved(rows, carrying.octets, tuple(carrying.damaged))


def _refuse_leases(there: Connection, now: datetime) -> None:
    """Refuse while somebody may be delivering, even one whom the database does not see now."""
    many, until = func.count(), func.max(recipients.c.due, type_=recipients.c.due.type)
    held = there.execute(
        select(recipients.c.node, many.label("many"), until.label("until"))
        .where(recipients.c.due > now, recipients.c.lease.is_not(None))
        .group_by(recipients.c.node)
        .limit(1)
    ).one_or_none()
    if held is not None:
        raise StoreSetupError(
            f"node {held.node} holds {held.many} recipients until {held.until:%H:%M:%S} UTC and may be"
            " delivering; stop it in good order, or wait until then if it was killed"
        )


def _refuse_rows(here: Connection, tables: Sequence[TableClause]) -> None:
    """Refuse a database with anything in it: a queue is never mixed with another."""
    for each in tables:
        if here.execute(select(each).limit(1)).first() is not None:
            raise StoreSetupError(
                f"the new queue is not empty: its table {each.name} has rows; name an empty database"
            )


def _end_leases(here: Connection, now: datetime) -> None:
    """Let what a process had leased that has ended be tried at once."""
    here.execute(
        update(recipients)
        .where(recipients.c.lease.is_not(None))
        .values(lease=None, node=None, due=now)
    )


def _tables(connection: Connection) -> tuple[TableClause, ...]:
    """Return the tables with their columns as they are kept here, those first that others refer to."""
    inspector = inspect(connection)
    names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name]
    return tuple(
        table(name, *(column(each["name"], each["type"]) for each in inspector.get_columns(name)))
        for name in names
        if name != migrating.TABLE
    )


@dataclass(slots=True)
class Carrying:
    """What goes over from there to here."""

    old: Opened
    there: Connection
    new: Opened
    here: Connection
    random_bits: RandomBits
    files: list[str]  # That were made in the new queue's spool.
    octets: int = 0
    damaged: list[str] = field(default_factory=list)

    def carry(self, of: TableClause) -> None:
        """Carry a table over; the chunks of bodies go with the bodies."""
        if of.name == bodies.name:
            for rows in self._read(select(bodies).order_by(bodies.c.id), _BODIES_AT_ONCE):
                for row in rows:
                    self._carry_body(row)
        elif of.name != chunks.name:
            for rows in self._read(select(of), _ROWS_AT_ONCE):
                self.here.execute(insert(of), [dict(row._mapping) for row in rows])  # noqa: SLF001  # so SQLAlchemy calls a row's values by name

    def counted(self, tables: Sequence[TableClause]) -> dict[str, int]:
        """Return how many rows there are.

        Raises:
            StoreError: Not as many here as there.

        """
        rows = {}
        for each in tables:
            if each.name != chunks.name:
                counting = select(func.count()).select_from(each)
                ((was,),) = next(self._read(counting, 1))
                rows[each.name] = self.here.scalar(counting) or 0
                if rows[each.name] != was:
                    raise StoreError(
                        f"of {was} rows in {each.name} {rows[each.name]} came over; nothing was moved"
                    )
        return rows

    def _read(self, question: Any, at_once: int) -> Iterator[Sequence[AnyRow]]:
        with explained(self.old.dialect, "read"):
            streamed = {"stream_results": True, "yield_per": at_once}
            with self.there.execute(question, execution_options=streamed) as result:
                yield from result.partitions()

    def _carry_body(self, row: AnyRow) -> None:
        """Carry a body over as it is; note whether that is as it should be."""
        file = None
        if row.data is None and self.new.spool.keeps:
            file = body_name(self.random_bits)
        self.here.execute(insert(bodies), {**row._mapping, "file": file})  # noqa: SLF001  # likewise
        size = checksum = 0
        for piece in self._kept(row, file):
            size, checksum = size + len(piece), crc32(piece, checksum)
        self.octets += size
        if (size, checksum) != (row.size, row.checksum):
            self.damaged.append(row.id)

    def _kept(self, row: AnyRow, file: str | None) -> Iterator[bytes]:
        """Keep the body's pieces as the new queue keeps them; yield each."""
        if row.data is not None:
            yield row.data
        elif file is not None:
            yield from self._kept_in_file(self._pieces(row), file)
        else:
            for number, piece in enumerate(self._pieces(row)):
                self.here.execute(insert(chunks), {"body": row.id, "number": number, "data": piece})
                yield piece

    def _kept_in_file(self, pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
        try:
            self.files.append(name)
            with self.new.spool.create(name) as file:
                for piece in pieces:
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[file.write(rest) :]
                    yield piece
                self.new.spool.finish(file)
        except OSError as error:
            raise unavailable(error) from error

    def _pieces(self, row: AnyRow) -> Iterator[bytes]:
        """Yield what there is of a large body."""
        if row.file is None:
            for number in count():
                which = _CHUNK, {"of": row.id, "at": number}
                with explained(self.old.dialect, "read"):
                    piece = self.there.scalar(*which)
                if piece is None:
                    return
                yield piece
        try:
            with self.old.spool.open(row.file) as file:
                while piece := file.read(PIECE):
                    yield piece
        except FileNotFoundError:
            return  # Found damaged long ago, or now.
        except OSError as error:
            raise unavailable(error) from error


_CHUNK = select(chunks.c.data).where(
    chunks.c.body == bindparam("of"), chunks.c.number == bindparam("at")
)
