"""What the columns hold: ids as numbers, moments as microseconds, strangers' words as stored text.

The types give SQLAlchemy their functions directly, because it calls one for every value of every
row, and a call in between costs a tenth of what the store can accept.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text, TypeDecorator
from sqlalchemy.dialects import sqlite

from whybounce.gateway.store.identity import number_of, written
from whybounce.vocabulary.envelope import Notify

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# SQLite's rowid is an INTEGER by that name only, and strict tables know no other.
BigInt = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
Int = Integer()
Octets = LargeBinary()

Noun = TypeVar("Noun")
Enumeration = TypeVar("Enumeration", bound=StrEnum)


class Id(TypeDecorator[str]):
    """An id, eight octets instead of thirteen characters. What is no id finds nothing."""

    impl = BigInt
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], int | None]:
        """Store the number."""
        del dialect
        return _number

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], str | None]:
        """Return the id."""
        del dialect, coltype
        return _id


def _number(value: str | None) -> int | None:
    if value is None:
        return None
    number = number_of(value)
    return -1 if number is None else number


def _id(value: int | None) -> str | None:
    return None if value is None else written(value)


class Moment(TypeDecorator[datetime]):
    """A time with its zone, in microseconds since 1970. A time without its zone is an error."""

    impl = BigInt
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        """Store the microseconds."""
        del dialect
        return _microseconds

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None]:
        """Return the time in UTC."""
        del dialect, coltype
        return _moment


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + value * _MICROSECOND


class Said(TypeDecorator[str]):
    """What a stranger said: cut at a length, without what a database does not take."""

    impl = Text
    cache_ok = True

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """PostgreSQL takes no NUL; a half surrogate, from undecodable octets, is no UTF-8."""
        del dialect
        most = self.most

        def storable(value: str | None) -> str | None:
            if value is None:
                return None
            value = value[:most]
            if value.isascii() and "\0" not in value:
                return value
            return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\ufffd")

        return storable


class Word(TypeDecorator[Enumeration], Generic[Enumeration]):
    """One word of a closed list. Any other is an error when it is read."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[Enumeration]) -> None:
        super().__init__()
        self.words = words

    def bind_processor(self, dialect: Dialect) -> Callable[[Enumeration | None], str | None]:
        """Store the word."""
        del dialect
        return _word

    def result_processor(
        self, dialect: Dialect, coltype: Any
    ) -> Callable[[Any], Enumeration | None]:
        """Return the member."""
        del dialect, coltype
        words = self.words
        return lambda value: None if value is None else words(value)


def _word(value: StrEnum | None) -> str | None:
    return None if value is None else value.value


class Notifies(TypeDecorator[frozenset[Notify]]):
    """NOTIFY as it was written: ``DELAY,SUCCESS``."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[frozenset[Notify] | None], str | None]:
        """Store the words."""
        del dialect
        return lambda value: None if value is None else ",".join(sorted(value))

    def result_processor(
        self, dialect: Dialect, coltype: Any
    ) -> Callable[[Any], frozenset[Notify] | None]:
        """Return the members."""
        del dialect, coltype
        return _notifies


def _notifies(value: str | None) -> frozenset[Notify] | None:
    return None if value is None else frozenset(map(Notify, filter(None, value.split(","))))


class Json(TypeDecorator[Noun], Generic[Noun]):
    """A noun as JSON, whatever a client said in it."""

    impl = Text
    cache_ok = True

    def __init__(self, noun: type[Noun]) -> None:
        super().__init__()
        self.noun = noun

    def bind_processor(self, dialect: Dialect) -> Callable[[Noun | None], str | None]:
        """Write it."""
        del dialect
        return _json

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Noun | None]:
        """Read it."""
        del dialect, coltype
        noun = self.noun
        return lambda value: None if value is None else msgspec.convert(json.loads(value), noun)


def _json(value: object) -> str | None:
    if value is None:
        return None
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # Half surrogates, which the standard library escapes.
        return json.dumps(msgspec.to_builtins(value))
