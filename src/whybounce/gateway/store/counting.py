"""Counters in buckets of a minute: read before a verdict, added in the commit that accepts.

A limit may therefore be passed by what is in flight, and by no more.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import (
    Connection,
    Dialect,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    union_all,
)

from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.tables import AnySelect, counters
from whybounce.gateway.store.writer import Inserts, Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def minute_of(moment: datetime) -> int:
    """Return the bucket the moment is in."""
    return (moment - _EPOCH) // _MINUTE


def add(
    transaction: Transaction, counts: Sequence[tuple[datetime, Mapping[str, int]]]
) -> list[None]:
    """Add to the counters, each at its moment."""
    added: Counter[tuple[str, int]] = Counter()
    for moment, amounts in counts:
        for key, amount in amounts.items():
            added[key, minute_of(moment)] += amount
    # In one order, so that two nodes never wait for each other.
    rows = [{"key": key, "minute": at, "count": n} for (key, at), n in sorted(added.items())]
    _adding(transaction.insert).run(transaction.connection, rows)
    return [None] * len(counts)


def forget(transaction: Transaction, keys: Sequence[Collection[str]]) -> list[None]:
    """Begin the counters anew."""
    every = sorted({key for some in keys for key in some})
    transaction.connection.execute(delete(counters).where(counters.c.key.in_(every)))
    return [None] * len(keys)


@cache
def _adding(insert: Inserts) -> Bulk:
    adding = insert(counters)
    return Bulk(
        adding.on_conflict_do_update(
            index_elements=["key", "minute"],
            set_={"count": counters.c.count + adding.excluded.count},
        )
    )


def counted(connection: Connection, keys: Collection[str], since: datetime) -> dict[str, int]:
    """Return each counter's sum since the beginning of that minute; nothing counted is 0."""
    ordered = list(keys)
    return dict(zip(ordered, sums(connection, [(key, since) for key in ordered]), strict=True))


def sums(connection: Connection, wanted: Sequence[tuple[str, datetime]]) -> list[int]:
    """Return each counter's sum since the beginning of its own minute, by one statement."""
    if not wanted:
        return []
    values = tuple([value for key, since in wanted for value in (key, minute_of(since))])
    sql = _summing(connection.dialect, len(wanted))
    found = {row[0]: int(row[1]) for row in connection.exec_driver_sql(sql, values)}
    return [found.get(number, 0) for number in range(len(wanted))]


@cache
def _summing(dialect: Dialect, number: int) -> str:
    """Return the statement for so many counters.

    SQLAlchemy would look at it anew each time, which takes longer than the database's answer.
    """
    total = func.sum(counters.c.count)
    each: list[AnySelect] = [
        select(literal_column(str(place)), total)
        .where(
            counters.c.key == bindparam(f"key{place}"),
            counters.c.minute >= bindparam(f"since{place}"),
        )
        .having(total.is_not(None))
        for place in range(number)
    ]
    compiled = union_all(*each).compile(dialect=dialect)
    names = [f"{name}{place}" for place in range(number) for name in ("key", "since")]
    if compiled.positiontup != names:
        raise RuntimeError("the statement's values stand in another order")
    return str(compiled)
