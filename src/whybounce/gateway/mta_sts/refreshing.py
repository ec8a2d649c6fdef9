"""Policies fetched anew before they run out, so that who can disturb the DNS cannot wait for it.

RFC 8461 §3.3 and §10.2: once a day, and before half of their time is over; administrators are told
where it fails.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from whybounce.checking.mta_sts import Mode
from whybounce.gateway.mta_sts.keeping import Kept, all_in_use, drop_expired
from whybounce.gateway.mta_sts.policies import Policies
from whybounce.gateway.store import StoreError

_log = logging.getLogger(__name__)

_DAY = timedelta(days=1)
_FORGOTTEN = timedelta(days=30)  # Policies that no mail was sent by for so long are let run out.
_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What was done."""

    renewed: int
    failed: tuple[
        str, ...
    ]  # Domains whose policy could not be had; what is kept of it still holds.
    dropped: int  # Out of date, and removed.


async def refresh(policies: Policies, *, now: datetime) -> Refreshed:
    """Renew the policies that are due for it, and remove those that ran out.

    Once an hour is often enough. One that makes trouble stops no other. Raises StoreError where
    those that ran out cannot be removed.
    """
    in_use = await all_in_use(policies.store, since=now - _FORGOTTEN, now=now)
    due = [each for each in in_use if _is_due(each, now)]
    slots = asyncio.Semaphore(_AT_ONCE)

    async def renew(kept: Kept) -> str | None:
        try:
            async with slots:
                trouble = await policies.renew(kept)
        except StoreError as error:
            _log.warning("the MTA-STS policy of %s cannot be kept: %s", kept.domain, error)
            return kept.domain
        except Exception:  # noqa: BLE001  # a mistake of ours about one domain is none about others
            _log.exception("the MTA-STS policy of %s is not renewed", kept.domain)
            return kept.domain
        if trouble is None:
            return None
        if kept.policy.mode is not Mode.NONE:
            until = f"{kept.expires:%Y-%m-%d %H:%M} UTC"
            _log.warning(
                "the MTA-STS policy of %s holds until %s and cannot be had anew: %s",
                kept.domain, until, trouble.why,
            )  # fmt: skip
        return kept.domain

    came = await asyncio.gather(*map(renew, due))
    failed = tuple(domain for domain in came if domain is not None)
    return Refreshed(
        renewed=len(due) - len(failed),
        failed=failed,
        dropped=await drop_expired(policies.store, now),
    )


def _is_due(kept: Kept, now: datetime) -> bool:
    half = (kept.expires - kept.fetched) / 2
    return now - kept.fetched >= min(_DAY, half)
