"""What failed, counted: by cause and who must act, day by day. Read by the messages' ids, which are in the order of time."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, type_coerce

from whybounce.catalogue import catalogue
from whybounce.gateway.store.columns import BigInt
from whybounce.gateway.store.identity import earliest, written
from whybounce.gateway.store.tables import NOT_REACHED, outcomes, recipients
from whybounce.vocabulary.fix_it_owner import FixItOwner

MOST_DAYS = 30
_MOST_ROWS = 500_000  # Beyond that the newest are counted, and the page says so.
_MOST_SHOWN = 200
_UNKNOWN = "unknown"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY, _MICROSECOND = timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One cause, with how many recipients it cost."""

    cause: str
    title: str
    owner: FixItOwner
    count: int


@dataclass(frozen=True, slots=True)
class Failures:
    """All failures of some days."""

    bars: tuple[Bar, ...]  # The greatest first.
    owners: tuple[tuple[FixItOwner, int], ...]  # Likewise.
    days: tuple[tuple[date, int], ...]  # Every day, oldest first.
    total: int
    is_cut: bool  # Only the newest are counted.


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient that a message did not reach."""

    message: str
    address: str
    time: datetime
    cause: str
    reply: str


def failures(connection: Connection, *, now: datetime, days: int) -> Failures:
    """Return what failed of the messages that arrived in so many days, today among them."""
    newest = (
        select(outcomes.c.time, outcomes.c.cause)
        .where(*_since(now, days))
        .order_by(outcomes.c.message.desc())
        .limit(_MOST_ROWS + 1)
        .subquery()
    )
    day = type_coerce(newest.c.time, BigInt) // literal_column(str(_DAY // _MICROSECOND), BigInt)
    rows = connection.execute(
        select(day.label("day"), newest.c.cause, func.count().label("number")).group_by(
            day, newest.c.cause
        )
    ).all()
    causes: Counter[str] = Counter()
    by_day: Counter[date] = Counter()
    for row in rows:
        causes[_known(row.cause)] += row.number
        by_day[(_EPOCH + row.day * _DAY).date()] += row.number
    bars = [_bar(cause, count) for cause, count in causes.most_common()]
    owners: Counter[FixItOwner] = Counter()
    for bar in bars:
        owners[bar.owner] += bar.count
    first = now.date() - timedelta(days=days - 1)
    every = [first + timedelta(days=number) for number in range(days)]
    return Failures(
        bars=tuple(bars),
        owners=tuple(owners.most_common()),
        days=tuple((day, by_day[day]) for day in every),
        total=min(causes.total(), _MOST_ROWS),
        is_cut=causes.total() > _MOST_ROWS,
    )


def failed(
    connection: Connection,
    *,
    now: datetime,
    days: int,
    cause: str = "",
    owner: FixItOwner | None = None,
    day: date | None = None,
) -> tuple[Failed, ...]:
    """Return those that failed for a cause, by somebody's work, on a day, or for any; newest first."""
    which = [*_since(now, days)]
    known = catalogue().causes
    if cause:
        which.append(func.coalesce(outcomes.c.cause, _UNKNOWN) == cause)
    if owner is not None:
        theirs = [id_ for id_, each in known.items() if each.owner is owner]
        which.append(func.coalesce(outcomes.c.cause, _UNKNOWN).in_(theirs))
    if day is not None:
        begins = datetime.combine(day, time.min, now.tzinfo)
        ends = datetime.combine(day, time.max, now.tzinfo)  # After year 9999's last day is no day.
        which += [outcomes.c.time >= begins, outcomes.c.time <= ends]
    newest = (
        select(outcomes.c.message, outcomes.c.number)
        .where(*which)
        .order_by(outcomes.c.message.desc())
        .limit(_MOST_SHOWN)
        .subquery()
    )
    of = (outcomes.c.message == newest.c.message) & (outcomes.c.number == newest.c.number)
    to = (recipients.c.message == newest.c.message) & (recipients.c.number == newest.c.number)
    asked = (
        select(outcomes, recipients.c.address)
        .select_from(newest)
        .join(outcomes, of)
        .join(recipients, to)
        .order_by(outcomes.c.message.desc())
    )
    return tuple(
        Failed(row.message, row.address, row.time, _known(row.cause), row.reply or "")
        for row in connection.execute(asked)
    )


def _since(now: datetime, days: int) -> tuple[ColumnElement[bool], ...]:
    begins = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo) - timedelta(days=days - 1)
    return outcomes.c.message >= written(earliest(begins)), NOT_REACHED


def _known(cause: str | None) -> str:
    return cause if cause is not None and cause in catalogue().causes else _UNKNOWN


def _bar(cause: str, count: int) -> Bar:
    known = catalogue().causes[cause]
    return Bar(cause, known.words.title, known.owner, count)
