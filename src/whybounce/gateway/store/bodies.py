"""Bodies on their way in and out, with bounded memory however large and many they are.

In: octets stay in memory up to 256 KB a body and 64 MB in all; beyond either they go to a file.
Out: a piece at a time. The last piece is given only if the whole is what was accepted, so that
nobody ends a transfer with the final dot after damaged content.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from types import TracebackType
from typing import BinaryIO, Self
from zlib import crc32

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from whybounce.gateway.store.bulk import Bulk, Question
from whybounce.gateway.store.errors import (
    BodyGoneError,
    CorruptBodyError,
    StoreUnavailableError,
    Trouble,
    UnknownMessageError,
)
from whybounce.gateway.store.identity import written
from whybounce.gateway.store.reader import Reader
from whybounce.gateway.store.rows import Body
from whybounce.gateway.store.spool import Spool, unavailable
from whybounce.gateway.store.tables import bodies, chunks, messages
from whybounce.gateway.store.writer import Transaction

ROW_LIMIT = 256 << 10
MEMORY_LIMIT = 64 << 20
PIECE = 256 << 10  # What is read, written and kept in one chunk at a time.
_WORTH_WRITING = 64 << 10

_NAMES_AT_ONCE = 500


def body_of(octets: bytes) -> Body:
    """Return a body that is in memory already: a report the gateway wrote."""
    return Body(size=len(octets), checksum=crc32(octets), data=octets)


class Memory:
    """How many octets of bodies may be held at once, all sessions together."""

    def __init__(self, limit: int = MEMORY_LIMIT) -> None:
        self._left = limit

    def take(self, octets: int) -> bool:
        """Return whether there was room, and take it."""
        if octets > self._left:
            return False
        self._left -= octets
        return True

    def give(self, octets: int) -> None:
        """Give room back."""
        self._left += octets


class IncomingBody:
    """A body being received. Left without being accepted, it leaves nothing behind."""

    def __init__(
        self, spool: Spool, memory: Memory, reader: Reader, new_name: Callable[[], str]
    ) -> None:
        self._spool = spool
        self._memory = memory
        self._reader = reader
        self._new_name = new_name
        self._name = ""  # Of the file.
        self._file: BinaryIO | None = None
        self._waiting: list[bytes] = []  # Not in the file yet.
        self._held = 0  # Their octets.
        self._taken = 0  # What the memory gave.
        self._size = 0
        self._checksum = 0
        self._accepted = False
        self._busy: asyncio.Future[None] | None = None

    @property
    def size(self) -> int:
        """How many octets have been written."""
        return self._size

    async def write(self, octets: bytes) -> None:
        """Add the octets.

        Raises:
            StoreUnavailableError: There is no room for them.

        """
        self._size += len(octets)
        self._held += len(octets)
        self._checksum = crc32(octets, self._checksum)
        self._waiting.append(octets)
        if self._file is None and self._size <= ROW_LIMIT and self._memory.take(len(octets)):
            self._taken += len(octets)
        elif self._file is None or self._held >= _WORTH_WRITING:
            await self._in_thread(self._write_waiting)
            self._give_back()

    async def finish(self) -> Body:
        """Return the body; where it is in a file that stays, the disk has it.

        Raises:
            StoreUnavailableError: The disk does not take it.

        """
        if self._file is None:
            return Body(self._size, self._checksum, data=b"".join(self._waiting))
        await self._in_thread(self._finish_file)
        return Body(self._size, self._checksum, file=self._name)

    def accepted(self) -> None:
        """Leave the body to the store, which keeps or removes it."""
        self._accepted = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Let go of it: what was not accepted leaves nothing behind."""
        if self._busy is not None and not self._busy.done():  # The caller was cancelled.
            await asyncio.gather(self._busy, return_exceptions=True)
        self._waiting.clear()
        self._give_back()
        if self._file is not None and not self._accepted:
            await self._in_thread(self._remove_file)

    def _write_waiting(self) -> None:
        if self._file is None:
            self._name = self._new_name()
            self._file = self._spool.create(self._name)
        for octets in self._waiting:
            rest = memoryview(octets)
            while rest:  # A disk that fills up takes a part, and refuses only the next.
                rest = rest[self._file.write(rest) :]
        self._waiting.clear()
        self._held = 0

    def _finish_file(self) -> None:
        self._write_waiting()
        if self._file is not None:
            self._spool.finish(self._file)

    def _remove_file(self) -> None:
        if self._file is not None:
            self._file.close()
        self._spool.remove(self._name)

    def _give_back(self) -> None:
        self._memory.give(self._taken)
        self._taken = 0

    async def _in_thread(self, act: Callable[[], None]) -> None:
        self._busy = asyncio.ensure_future(self._reader.run(act))
        try:
            await asyncio.shield(self._busy)
        except OSError as error:
            raise unavailable(error) from error


_BODIES = Bulk(insert(bodies))


def keep(transaction: Transaction, arrived: Sequence[tuple[str, Body]]) -> None:
    """Store the bodies under their messages' ids; none of them shares another's."""
    spool = transaction.spool
    _BODIES.run(
        transaction.connection,
        [
            {
                "id": id_,
                "size": body.size,
                "checksum": body.checksum,
                "users": 1,
                "file": body.file if spool.keeps else None,
                "data": body.data,
            }
            for id_, body in arrived
        ],
    )
    for id_, body in arrived:
        if body.file is not None and not spool.keeps:
            _copy_into_chunks(transaction, id_, body.file)


def _copy_into_chunks(transaction: Transaction, id_: str, name: str) -> None:
    with transaction.spool.open(name) as file:
        number = 0
        while data := file.read(PIECE):
            transaction.connection.execute(
                insert(chunks), {"body": id_, "number": number, "data": data}
            )
            number += 1
    transaction.after_commit.append(lambda: transaction.spool.remove(name))


_ADD_USER = Bulk(
    update(bodies).where(bodies.c.id == bindparam("body")).values(users=bodies.c.users + 1)
)
_TAKE_USER = Bulk(
    update(bodies).where(bodies.c.id == bindparam("body")).values(users=bodies.c.users - 1)
)


def share(transaction: Transaction, ids: Sequence[str]) -> None:
    """Note that each of these bodies has one more message that needs it."""
    _ADD_USER.run(transaction.connection, [{"body": id_} for id_ in ids])


def let_go(transaction: Transaction, ids: Sequence[str]) -> None:
    """Note that a message needs its body no more; a body that no message needs goes."""
    if not ids:
        return
    connection = transaction.connection
    _TAKE_USER.run(connection, [{"body": id_} for id_ in ids])
    unused = select(bodies.c.id, bodies.c.file).where(bodies.c.id.in_(ids), bodies.c.users == 0)
    gone = connection.execute(unused).all()
    if not transaction.spool.keeps:
        connection.execute(delete(chunks).where(chunks.c.body.in_([row.id for row in gone])))
    connection.execute(delete(bodies).where(bodies.c.id.in_([row.id for row in gone])))
    for row in gone:
        if row.file is not None:
            transaction.after_commit.append(_removal(transaction.spool, row.file))


def unnamed(connection: Connection, names: Sequence[str]) -> list[str]:
    """Return those of the spool's files that no row names."""
    orphans: list[str] = []
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        known = set(connection.scalars(select(bodies.c.file).where(bodies.c.file.in_(some))))
        orphans += [name for name in some if name not in known]
    return orphans


def _removal(spool: Spool, name: str) -> Callable[[], None]:
    return lambda: spool.remove(name)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body is, and what it must be."""

    id: str
    size: int
    checksum: int
    file: str | None
    data: bytes | None


Find = Callable[[Connection], Place]


async def whole(
    find: Callable[[Find], Awaitable[Place]], reader: Reader, spool: Spool, message: str
) -> bytes:
    """Return the message's body, as ``pieces`` yields it; one in its row without more ado."""
    found: list[Place] = []

    async def once(question: Find) -> Place:
        if not found:
            found.append(await find(question))
        return found[0]

    try:
        place = await once(lambda connection: _find(connection, message))
    except StoreUnavailableError as error:
        if error.trouble is Trouble.CORRUPT:
            raise CorruptBodyError(message, error.said) from error
        raise
    if place.data is None:
        return b"".join([piece async for piece in pieces(once, reader, spool, message)])
    _check(message, place, len(place.data), crc32(place.data))
    return place.data


async def pieces(
    find: Callable[[Find], Awaitable[Place]], reader: Reader, spool: Spool, message: str
) -> AsyncIterator[bytes]:
    """Yield the message's body in pieces of at most 256 KB.

    Args:
        find: How to ask where it is.
        reader: How to read the rest.
        spool: Where large bodies are.
        message: Its id.

    Raises:
        UnknownMessageError: There is no such message.
        BodyGoneError: The message is finished.
        CorruptBodyError: It is not what was accepted. The last piece has not been given.
        StoreUnavailableError: It cannot be read now.

    """
    try:
        place = await find(lambda connection: _find(connection, message))
        checksum = size = 0
        held = b""
        async for piece in _stored(reader, spool, place):
            if held:
                yield held
            held = piece
            size += len(piece)
            checksum = crc32(piece, checksum)
    except StoreUnavailableError as error:
        if error.trouble is Trouble.CORRUPT:
            raise CorruptBodyError(message, error.said) from error
        raise
    except FileNotFoundError as error:
        raise CorruptBodyError(message, "its file is gone") from error
    _check(message, place, size, checksum)
    if held:
        yield held


def _check(message: str, place: Place, size: int, checksum: int) -> None:
    if size != place.size:
        raise CorruptBodyError(message, f"it has {size} octets of {place.size}")
    if checksum != place.checksum:
        raise CorruptBodyError(message, "its checksum does not fit")


_PLACE = Question(
    select(
        messages.c.body, bodies.c.id, bodies.c.size, bodies.c.checksum, bodies.c.file, bodies.c.data
    )
    .outerjoin(bodies, bodies.c.id == messages.c.body)
    .where(messages.c.id == bindparam("of"))
)


def _find(connection: Connection, message: str) -> Place:
    row = _PLACE.one(connection, {"of": message})
    if row is None:
        raise UnknownMessageError(message)
    body, id_, size, checksum, file, data = row
    if body is None:
        raise BodyGoneError(message)
    if id_ is None:
        raise CorruptBodyError(message, "its row is gone")
    return Place(written(id_), size, checksum, file, data)


def _stored(reader: Reader, spool: Spool, place: Place) -> AsyncIterator[bytes]:
    if place.data is not None:
        return _from_row(place.data)
    if place.file is not None:
        return _from_file(reader, spool, place.file)
    return _from_chunks(reader, place.id)


async def _from_row(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


async def _from_file(reader: Reader, spool: Spool, name: str) -> AsyncIterator[bytes]:
    try:
        with (
            ExitStack() as opened
        ):  # By the thread itself: who is cancelled meanwhile leaves it closed.
            file = await reader.run(lambda: opened.enter_context(spool.open(name)))
            while piece := await reader.run(lambda: file.read(PIECE)):
                yield piece
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unavailable(error) from error


async def _from_chunks(reader: Reader, body: str) -> AsyncIterator[bytes]:
    for number in count():
        which = select(chunks.c.data).where(chunks.c.body == body, chunks.c.number == number)
        piece = await reader.read(partial(_scalar, which=which))
        if piece is None:
            return
        yield piece


def _scalar(connection: Connection, which: Select[bytes]) -> bytes | None:
    return connection.scalar(which)
