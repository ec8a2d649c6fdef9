"""The encrypted sessions of a day, as the trace of attempts has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, select, type_coerce

from whybounce.checking.mta_sts import StsPolicy
from whybounce.gateway.mta_sts.keeping import policies
from whybounce.gateway.mta_sts.policies import UNFETCHED
from whybounce.gateway.store.columns import BigInt
from whybounce.gateway.store.identity import earliest
from whybounce.gateway.store.tables import attempts, events, recipients

_DAY = timedelta(days=1)
_OLDEST = timedelta(days=31)  # Messages that were older when they were tried are not looked for.


@dataclass(frozen=True, slots=True)
class TlsSession:
    """A host that was asked for one message, and what its encryption came to."""

    domain: str  # The recipient's.
    policy: str  # As ``TlsPolicy.name``.
    host: str
    address: str | None
    is_encrypted: bool
    fault: str | None  # The cause and its evidence, where nothing was handed over.
    message: str


def sessions_of(connection: Connection, day: date) -> Iterator[TlsSession]:
    """Yield the sessions of that day, UTC, each once for each message and domain."""
    begin = datetime.combine(day, time.min, UTC)
    arrived = earliest(begin - _OLDEST)
    rows = connection.execute(
        select(attempts, recipients.c.domain)
        .join(
            recipients,
            (recipients.c.message == attempts.c.message)
            & (recipients.c.number == attempts.c.number),
        )
        .where(
            # The key begins with the message's id, which grows with time.
            type_coerce(attempts.c.message, BigInt) >= arrived,
            attempts.c.time >= begin,
            attempts.c.time < begin + _DAY,
            attempts.c.policy.is_not(None),
        )
    )
    sessions = (
        TlsSession(
            domain=row.domain,
            policy=row.policy,
            host=row.remote or "",
            address=row.address,
            is_encrypted=row.tls is not None,
            fault=row.error,
            message=row.message,
        )
        for row in rows
    )
    yield from dict.fromkeys(sessions)


@dataclass(frozen=True, slots=True)
class PolicyFailure:
    """A try at a domain's MTA-STS policy that failed."""

    domain: str
    result: str  # RFC 8460's word for it.
    why: str


def policy_failures(connection: Connection, day: date) -> Iterator[PolicyFailure]:
    """Yield the tries of that day, UTC."""
    begin = datetime.combine(day, time.min, UTC)
    rows = connection.execute(
        select(events.c.text, events.c.address).where(
            # Ids grow with time.
            type_coerce(events.c.id, BigInt) >= earliest(begin),
            type_coerce(events.c.id, BigInt) < earliest(begin + _DAY),
            events.c.kind == UNFETCHED,
        )
    )
    for row in rows:
        result, _, why = row.text.partition(": ")
        yield PolicyFailure(row.address or "", result, why)


def kept_policies(connection: Connection) -> dict[str, StsPolicy]:
    """Return the MTA-STS policies that are kept, by domain."""
    rows = connection.execute(select(policies.c.domain, policies.c.policy))
    return {row.domain: row.policy for row in rows}
