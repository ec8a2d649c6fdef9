"""What is counted, for Prometheus. Counters grow with what became durable; gauges are read when asked.

Names are for ever, as dashboards hold them. Every label has as many values as the configuration and
the catalogue allow, whatever strangers send.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric

from whybounce.catalogue import catalogue
from whybounce.gateway.store import Instruction
from whybounce.gateway.store.rows import (
    Event,
    Figures,
    NewMessage,
    Retirement,
    Settlement,
    Told,
    Touched,
)
from whybounce.gateway.store.writer import WriterFigures

_REMOTE = "remote-reply"  # A deferral that another server's words tell of.
_UNKNOWN = "unknown"

# Name, meaning and labels of what is counted.
_COUNTERS = {
    "accepted": ("messages_accepted", "Messages taken.", ("listener",)),
    "refused": (
        "refusals",
        "Commands that a policy was against: refused, deferred.",
        ("listener", "verdict", "cause"),
    ),
    "ended": (
        "recipients_ended",
        "Recipients that came to their end: delivered, relayed, expanded, failed, expired.",
        ("ending",),
    ),
    "failed": (
        "recipients_failed",
        "Recipients that failed or expired, by why and by who must act.",
        ("cause", "owner"),
    ),
    "deferred": (
        "recipients_deferred",
        "Tries put off; the cause is remote-reply where another server said why.",
        ("cause",),
    ),
    "reports": ("reports", "Notices made: failure (NDRs), delay, success.", ("kind",)),
    "untold": (
        "reports_not_made",
        "Failed recipients about whom nobody is told: withheld, suppressed.",
        ("why",),
    ),
    "acts": ("operator_acts", "Recipients held, released, retried, deleted.", ("act",)),
}
_HISTOGRAMS = {
    "operations": (
        "commit_operations",
        "Operations that one commit made durable.",
        (1, 2, 4, 8, 16, 32, 64, 128, 256),
    ),
    "seconds": (
        "commit_seconds",
        "How long a commit took.",
        (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
    ),
}
_GAUGES = {
    "healthy": ("healthy", "1 while mail may be given, else 0; /health says why.", ()),
    "sessions": ("sessions", "Connections open.", ("listener",)),
    "deliveries": ("deliveries", "Deliveries that speak with a server now.", ()),
    "in_hand": ("consignments", "Consignments leased, those that wait included.", ()),
    "waiting": ("store_waiting", "Operations that wait for a commit.", ()),
    "failures": ("store_failures", "Operations that the database did not take.", ()),
    "recipients": ("queue_recipients", "Recipients without an end.", ("state",)),
    "due": ("queue_due", "Recipients whose time has come.", ()),
    "messages": ("queue_messages", "Messages that are not finished.", ()),
    "octets": ("queue_octets", "Octets of these messages.", ()),
    "oldest": ("queue_oldest_seconds", "Age of the oldest of them.", ()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """How things are at the moment."""

    now: datetime
    writer: WriterFigures
    queue: Figures | None = None  # None: the queue did not answer.
    sessions: Mapping[str, int] = field(default_factory=dict)  # By listener.
    deliveries: int = 0
    in_hand: int = 0
    healthy: bool = True


class Metrics:
    """Counts what the store tells of; a watch of it."""

    def __init__(self) -> None:
        self.gauges: Callable[[], Gauges | None] = lambda: None  # Asked at each reading.
        self._registry = CollectorRegistry()
        self._counters = {
            key: Counter(f"whybounce_{name}", meaning, labels, registry=self._registry)
            for key, (name, meaning, labels) in _COUNTERS.items()
        }
        self._labelled: dict[tuple[str, ...], Counter] = {}  # Those that were counted already.
        self._histograms = {
            key: Histogram(f"whybounce_{name}", meaning, buckets=to, registry=self._registry)
            for key, (name, meaning, to) in _HISTOGRAMS.items()
        }
        self._registry.register(self)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges, as the registry asks for them."""
        gauges = self.gauges()
        if gauges is not None:
            yield from _families(gauges)

    def _count(self, key: str, *labels: str, by: float = 1) -> None:
        named = (key, *labels)
        if named not in self._labelled:
            self._labelled[named] = self._counters[key].labels(*labels)
        self._labelled[named].inc(by)

    def accepted(self, id_: str, message: NewMessage) -> None:
        """Count a message."""
        del id_
        listener = message.session.listener if message.session else None
        self._count("accepted", listener or _UNKNOWN)

    def recorded(self, event: Event) -> None:
        """Count a refusal."""
        if event.kind in {"refused", "deferred"}:
            cause = _known(event.text.partition(":")[0].partition(" ")[0])
            self._count("refused", event.actor, event.kind, cause)

    def settled(self, settlement: Settlement, queued: Sequence[str]) -> None:
        """Count what became of recipients, and of the notices about them."""
        del queued
        for retirement in settlement.retirements:
            self._retired(retirement)
        errors = {each.number: each.error for each in settlement.attempts}
        for deferral in settlement.deferrals:
            met = deferral.met
            error = met.error if met else errors.get(deferral.number)
            self._count("deferred", _known(error.partition(":")[0]) if error else _REMOTE)
        for kind in _reports(settlement):
            self._count("reports", kind)

    def _retired(self, retirement: Retirement) -> None:
        self._count("ended", retirement.terminal)
        if retirement.terminal.is_failure:
            cause = _known(retirement.cause or "")
            self._count("failed", cause, catalogue().causes[cause].owner)
        if retirement.told in {Told.WITHHELD, Told.SUPPRESSED}:
            self._count("untold", str(retirement.told))

    def operated(self, instruction: Instruction, touched: Touched) -> None:
        """Count what an operator did."""
        self._count("acts", instruction.deed, by=touched.changed)

    def committed(self, operations: int, seconds: float) -> None:
        """Note a commit."""
        self._histograms["operations"].observe(operations)
        self._histograms["seconds"].observe(seconds)


def _families(gauges: Gauges) -> Iterator[Metric]:
    yield _gauge("healthy", gauges.healthy)
    yield _gauges("sessions", gauges.sessions)
    yield _gauge("deliveries", gauges.deliveries)
    yield _gauge("in_hand", gauges.in_hand)
    yield _gauge("waiting", gauges.writer.waiting)
    yield _gauge("failures", gauges.writer.failures)
    queue = gauges.queue
    if queue is not None:
        age = (gauges.now - queue.oldest).total_seconds() if queue.oldest else 0
        yield _gauges("recipients", queue.recipients)
        yield _gauge("due", queue.due)
        yield _gauge("messages", queue.messages)
        yield _gauge("octets", queue.octets)
        yield _gauge("oldest", max(age, 0))


def _gauge(key: str, value: float) -> GaugeMetricFamily:
    name, meaning, _ = _GAUGES[key]
    return GaugeMetricFamily(f"whybounce_{name}", meaning, value=value)


def _gauges(key: str, values: Mapping[Any, int]) -> GaugeMetricFamily:
    name, meaning, labels = _GAUGES[key]
    family = GaugeMetricFamily(f"whybounce_{name}", meaning, labels=labels)
    for label, value in values.items():
        family.add_metric([label], value)
    return family


def _known(cause: str) -> str:
    return cause if cause in catalogue().causes else _UNKNOWN


def _reports(settlement: Settlement) -> Iterator[str]:
    """Yield the kind of each notice that was queued."""
    ends = {each.report: each.terminal for each in settlement.retirements}
    late = any(each.delay_told for each in settlement.deferrals)
    for place, outgoing in enumerate(settlement.messages):
        if outgoing.message.about is None:
            continue
        terminal = ends.get(place)
        if terminal is None:
            yield "delay" if late else "success"
        else:
            yield "failure" if terminal.is_failure else "success"


def described() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Yield of each metric its name, type, labels and meaning."""
    for name, meaning, labels in _COUNTERS.values():
        yield f"whybounce_{name}_total", "counter", labels, meaning
    for name, meaning, _ in _HISTOGRAMS.values():
        yield f"whybounce_{name}", "histogram", (), meaning
    for name, meaning, labels in _GAUGES.values():
        yield f"whybounce_{name}", "gauge", labels, meaning
