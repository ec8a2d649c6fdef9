"""What the reader's page shows beside the answers: the way, the header, the parts as they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from whybounce.reading.mime import parse_message
from whybounce.vocabulary.report import Hop, Report
from whybounce.web.submitted import text_of
from whybounce.wording import Speaker, printable
from whybounce.writing.hops import Way, way_of

_MOST_HOPS = 60
_MOST_FIELDS = 200
_LONGEST_FIELD = 2_000
_LONGEST_PART = 65_536
_STATUS = (
    "message/delivery-status", "message/global-delivery-status", "message/feedback-report",
    "message/disposition-notification", "message/global-disposition-notification",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of the message's way."""

    server: str  # Who took it.
    before: str | None  # Who handed it over.
    protocol: str | None
    time: datetime | None
    wait: str | None  # How long after the step before.
    share: int  # Of the longest wait, in hundredths.
    is_longest: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """The message's way, the oldest step first."""

    steps: tuple[Step, ...]
    total: str | None
    loop: str | None


@dataclass(frozen=True, slots=True)
class Parts:
    """What the mail consists of, as it stands, as far as there is room."""

    header: tuple[tuple[str, str], ...]
    original: tuple[tuple[str, str], ...]
    status: str | None  # The machine part.
    html: str | None
    raw: str
    is_cut: bool


def trace(report: Report, speaker: Speaker) -> Trace:
    """Return the way, with the longest wait, and loops."""
    hops = report.hops[:_MOST_HOPS]
    way = way_of(hops)
    return Trace(
        steps=tuple(_steps(hops, way, speaker)),
        total=speaker.page("way.total", span=speaker.span(way.total)) if way.total else None,
        loop=_loop(way, speaker),
    )


def parts(raw: bytes, report: Report, *, is_mail: bool) -> Parts:
    """Return the parts. Nothing of them is rendered, decoded twice or fetched."""
    shown = text_of(raw[:_LONGEST_PART]).replace("\x00", "\ufffd")
    original = _fields(report.original.headers if report.original else ())
    if not is_mail:
        return Parts((), original, None, None, shown, is_cut=len(raw) > _LONGEST_PART)
    message = parse_message(raw)
    status, html = message.first(*_STATUS), message.first("text/html")
    return Parts(
        header=_fields(message.fields),
        original=original,
        status=status.text()[:_LONGEST_PART] if status else None,
        html=html.text()[:_LONGEST_PART] if html else None,
        raw=shown,
        is_cut=len(raw) > _LONGEST_PART,
    )


def _fields(header: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (printable(name), printable(value[:_LONGEST_FIELD]))
        for name, value in header[:_MOST_FIELDS]
    )


def _steps(hops: tuple[Hop, ...], way: Way, speaker: Speaker) -> Iterator[Step]:
    longest = max((hop.relay_seconds or 0.0 for hop in hops), default=0.0)
    for place, hop in enumerate(hops):
        seconds = hop.relay_seconds
        yield Step(
            server=printable(hop.by or speaker.page("way.unnamed")),
            before=printable(hop.from_) if hop.from_ else None,
            protocol=printable(hop.protocol) if hop.protocol else None,
            time=hop.time,
            wait=_wait(seconds, speaker),
            share=round(100 * max(seconds or 0.0, 0.0) / longest) if longest else 0,
            is_longest=place == way.longest,
        )


def _wait(seconds: float | None, speaker: Speaker) -> str | None:
    if seconds is None:
        return None
    if seconds < 0:
        return speaker.page("way.clock", span=speaker.span(-seconds))
    return speaker.page("way.took", span=speaker.span(seconds))


def _loop(way: Way, speaker: Speaker) -> str | None:
    if way.loop is None:
        return None
    hosts = (*way.loop.hosts, way.loop.hosts[0])
    return speaker.page("way.loop", way=" → ".join(hosts), rounds=str(way.loop.rounds))
