"""Whether the gateway may be given mail, and why not. Pure: facts go in, a judgement comes out.

Failing means that mail should go to another node, or wait with its sender: it could not be kept.
Degraded means that mail is taken and kept, but something about it waits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from whybounce.gateway.config import Health as Limits
from whybounce.gateway.operating.sentences import sentence


class Standing(StrEnum):
    """How something is, from good to bad."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


_ORDER = list(Standing)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    standing: Standing
    why: str  # What was found, in a sentence.


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found."""

    trouble: str | None = None  # Why the queue took nothing when it was last asked to.
    damage: str | None = None  # What is damaged in it.
    seconds: float = 0  # How long it took to write something down.
    waiting: int = 0  # Operations that wait to be written.
    free: Mapping[str, int] = field(default_factory=dict)  # Octets, by folder.
    listeners: Mapping[str, bool] = field(default_factory=dict)  # Whether they take connections.
    outbound: str | None = None  # What ended delivery.
    resolver: str | None = None  # Why the DNS does not answer.
    stopping: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement."""

    checks: tuple[Check, ...]

    @property
    def standing(self) -> Standing:
        """That of the worst."""
        return max((each.standing for each in self.checks), key=_ORDER.index)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is not as it should be, the worst first."""
        worst_first = sorted(self.checks, key=lambda each: -_ORDER.index(each.standing))
        return tuple(each.why for each in worst_first if each.standing is not Standing.OK)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON of ``/health``."""
        return {
            "schema": 1,
            "status": self.standing,
            "reasons": list(self.reasons),
            "checks": [
                {"name": each.name, "status": each.standing, "what": each.why}
                for each in self.checks
            ],
        }


def judge(facts: Facts, limits: Limits) -> Health:
    """Return how the gateway is."""
    return Health(
        (
            _database(facts),
            _lag(facts, limits),
            *_disks(facts, limits),
            *_listeners(facts),
            _outbound(facts),
            _resolver(facts),
        )
    )


def _check(name: str, standing: Standing, key: str, **values: str) -> Check:
    return Check(name, standing, sentence(f"health-{key}", **values))


def _database(facts: Facts) -> Check:
    if facts.trouble is not None:
        return _check("queue", Standing.FAILING, "trouble", said=facts.trouble)
    if facts.damage is not None:
        return _check("queue", Standing.DEGRADED, "damage", said=facts.damage)
    return _check("queue", Standing.OK, "queue")


def _lag(facts: Facts, limits: Limits) -> Check:
    is_late = facts.seconds > limits.lag.total_seconds()
    return _check(
        "lag",
        Standing.FAILING if is_late else Standing.OK,
        "late" if is_late else "lag",
        seconds=f"{facts.seconds:.3f}",
        allowed=f"{limits.lag.total_seconds():g}",
        waiting=str(facts.waiting),
    )


def _disks(facts: Facts, limits: Limits) -> Iterator[Check]:
    for folder, octets in facts.free.items():
        is_full = octets < limits.disk_free
        yield _check(
            "disk",
            Standing.FAILING if is_full else Standing.OK,
            "full" if is_full else "disk",
            folder=folder,
            free=_megabytes(octets),
            needed=_megabytes(limits.disk_free),
        )


def _listeners(facts: Facts) -> Iterator[Check]:
    for name, listens in facts.listeners.items():
        key = "listener" if listens else "stopping" if facts.stopping else "deaf"
        yield _check("listener", Standing.OK if listens else Standing.FAILING, key, listener=name)


def _outbound(facts: Facts) -> Check:
    if facts.outbound is None:
        return _check("delivery", Standing.OK, "delivery")
    return _check("delivery", Standing.FAILING, "delivery-ended", said=facts.outbound)


def _resolver(facts: Facts) -> Check:
    if facts.resolver is None:
        return _check("resolver", Standing.OK, "resolver")
    return _check("resolver", Standing.DEGRADED, "no-resolver", said=facts.resolver)


def _megabytes(octets: int) -> str:
    return f"{octets >> 20} MB"
