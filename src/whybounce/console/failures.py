"""What failed, counted: by cause and who must act, day by day. Read by the messages' ids, which are in the order of time."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select

from whybounce.catalogue import catalogue
from whybounce.gateway.store.identity import earliest, written
from whybounce.gateway.store.rows import Terminal
from whybounce.gateway.store.tables import outcomes, recipients
from whybounce.vocabulary.fix_it_owner import FixItOwner

MOST_DAYS = 30
_MOST_ROWS = 50_000  # Beyond that the newest are counted, and the page says so.
_MOST_SHOWN = 200
_UNKNOWN = "unknown"
_FAILED = (Terminal.FAILED, Terminal.EXPIRED)


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
    rows = connection.execute(
        select(outcomes.c.time, outcomes.c.cause).where(*_since(now, days))
        .order_by(outcomes.c.message.desc()).limit(_MOST_ROWS + 1)
    ).all()  # fmt: skip
    counted = rows[:_MOST_ROWS]
    causes = Counter(_known(row.cause) for row in counted)
    by_day = Counter(row.time.date() for row in counted)
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
        total=len(counted),
        is_cut=len(rows) > _MOST_ROWS,
    )


def failed(
    connection: Connection, *, now: datetime, days: int, cause: str, day: date | None
) -> tuple[Failed, ...]:
    """Return those that failed for a cause, or for any, newest first."""
    asked = (
        select(outcomes, recipients.c.address)
        .join(
            recipients,
            (recipients.c.message == outcomes.c.message)
            & (recipients.c.number == outcomes.c.number),
        )
        .where(*_since(now, days))
        .order_by(outcomes.c.message.desc())
        .limit(_MOST_SHOWN)
    )
    if cause:
        asked = asked.where(func.coalesce(outcomes.c.cause, _UNKNOWN) == cause)
    if day is not None:
        begins = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
        asked = asked.where(outcomes.c.time >= begins, outcomes.c.time < begins + timedelta(days=1))
    return tuple(
        Failed(row.message, row.address, row.time, _known(row.cause), row.reply or "")
        for row in connection.execute(asked)
    )


def _since(now: datetime, days: int) -> tuple:  # type: ignore[type-arg]  # SQLAlchemy's own conditions
    begins = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo) - timedelta(days=days - 1)
    return (
        outcomes.c.message >= written(earliest(begins)),
        outcomes.c.terminal.in_(_FAILED),
    )


def _known(cause: str | None) -> str:
    return cause if cause is not None and cause in catalogue().causes else _UNKNOWN


def _bar(cause: str, count: int) -> Bar:
    known = catalogue().causes[cause]
    return Bar(cause, known.words.title, known.owner, count)
