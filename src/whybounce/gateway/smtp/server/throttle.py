"""Failed logins slow down whoever fails: by account and address, by address, by account.

The first failures of each are free, for people mistype. From then on each doubles the wait. An
account alone is slowed late and little, or strangers could lock its owner out.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from whybounce.gateway.smtp.server.counting import Address, network_of

Key = tuple[str, Address | None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How failures of one kind are borne."""

    free: int  # Failures that cost nothing.
    longest: float  # The longest wait, in seconds.


ACCOUNT_AND_ADDRESS = Patience(free=5, longest=900)
ADDRESS = Patience(free=20, longest=3600)
ACCOUNT = Patience(free=100, longest=30)

_FIRST_WAIT = 1.0
_FORGOTTEN_AFTER = 3600.0  # Seconds without a failure, beyond the wait itself.


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class AuthThrottle:
    """Who failed how often. Holds at most ``most`` entries; the stalest go first."""

    def __init__(self, most: int = 30_000) -> None:
        self._most = most
        self._failures: OrderedDict[Key, _Failures] = OrderedDict()

    def wait(self, account: str, client: Address, now: float) -> float:
        """Return how many seconds this client must wait before it may try this account again."""
        return max(self._wait(key, patience, now) for key, patience in _keys(account, client))

    def failed(self, account: str, client: Address, now: float) -> None:
        """Note a failure at ``now`` seconds."""
        for key, patience in _keys(account, client):
            failures = self._present(key, patience, now) or _Failures(0, now)
            failures.count += 1
            failures.last = now
            self._failures[key] = failures
            self._failures.move_to_end(key)
        while len(self._failures) > self._most:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, client: Address) -> None:
        """Forget what this client failed with this account; its other failures stand."""
        self._failures.pop((_folded(account), network_of(client)), None)

    def __len__(self) -> int:
        return len(self._failures)

    def _wait(self, key: Key, patience: Patience, now: float) -> float:
        failures = self._present(key, patience, now)
        if failures is None:
            return 0.0
        return max(0.0, failures.last + _penalty(failures.count, patience) - now)

    def _present(self, key: Key, patience: Patience, now: float) -> _Failures | None:
        failures = self._failures.get(key)
        if failures is None:
            return None
        if now - failures.last > _penalty(failures.count, patience) + _FORGOTTEN_AFTER:
            del self._failures[key]
            return None
        return failures


def _penalty(count: int, patience: Patience) -> float:
    beyond = count - patience.free
    if beyond <= 0:
        return 0.0
    return min(patience.longest, _FIRST_WAIT * 2.0 ** min(beyond - 1, 30))


def _keys(account: str, client: Address) -> Iterator[tuple[Key, Patience]]:
    name, network = _folded(account), network_of(client)
    yield (name, network), ACCOUNT_AND_ADDRESS
    yield ("", network), ADDRESS
    yield (name, None), ACCOUNT


def _folded(account: str) -> str:
    """Return one spelling, bounded: an account's name may be as long as a line."""
    return account.casefold()[:320]
