"""Where the message came from and what its header shows: hops, details, trace fields."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from whybounce.notation import decoded_words
from whybounce.vocabulary.note import NoteId
from whybounce.vocabulary.report import Hop, Original
from whybounce.wording.filling import printable
from whybounce.wording.moments import in_zone, moment
from whybounce.writing.hops import Way, way_of
from whybounce.writing.page import Fact, HopRow
from whybounce.writing.telling import Telling, shortened

# What tells an administrator where a message came from and whether it was its sender's.
_TELLING_FIELDS = frozenset({
    "return-path", "received", "received-spf", "authentication-results", "dkim-signature",
    "arc-authentication-results", "arc-seal", "x-originating-ip", "list-id", "auto-submitted",
    "resent-from", "resent-date",
})  # fmt: skip
_LONGEST_FIELD = 600


def hop_rows(telling: Telling) -> tuple[tuple[HopRow, ...], tuple[str, ...]]:
    """Return the steps, oldest first, and the sentences below them."""
    hops = telling.report.hops
    way = way_of(hops)
    places = list(range(len(hops)))
    left_out = max(0, len(hops) - telling.room.hops)
    if left_out:
        half = telling.room.hops // 2
        places = [*places[:half], *places[half + left_out :]]
    rows = tuple(_row(place, hops[place], way, telling) for place in places)
    return rows, tuple(_sentences(way, left_out, telling))


def _row(place: int, hop: Hop, way: Way, telling: Telling) -> HopRow:
    say = telling.speaker.say
    sender, receiver = (
        telling.clean(host) if host else say("hop.unnamed") for host in (hop.from_, hop.by)
    )
    return HopRow(
        step=str(place + 1),
        way=f"{sender} → {receiver}" if hop.from_ else receiver,
        protocol=say("hop.with", protocol=telling.clean(hop.protocol)) if hop.protocol else "",
        time=in_zone(hop.time, UTC).isoformat(" ", "seconds")[:19] if hop.time else "",
        took=_took(hop.relay_seconds, telling),
        mark=say("hop.longest") if place == way.longest else "",
    )


def _took(seconds: float | None, telling: Telling) -> str:
    if seconds is None:
        return ""
    if seconds < 0:
        return telling.speaker.say("hop.clock", span=telling.speaker.span(-seconds))
    return telling.speaker.span(seconds)


def _sentences(way: Way, left_out: int, telling: Telling) -> Iterator[str]:
    say = telling.speaker.say
    if left_out:
        yield say("hop.left-out", count=str(left_out))
    if way.total is not None:
        yield say("hop.total", span=telling.speaker.span(way.total))
    noted = {note.id for note in telling.diagnosis.notes}
    if way.loop and NoteId.LOOP not in noted:
        circle = " → ".join(map(telling.clean, (*way.loop.hosts, way.loop.hosts[0])))
        yield say("hop.loop", way=circle, rounds=str(way.loop.rounds))


def details(telling: Telling) -> Iterator[Fact]:
    """Yield what is known of the original but its subject and date, which stand at the top."""
    say, report = telling.speaker.say, telling.report
    original = report.original or Original()
    for key, written in (("from", original.from_), ("to", original.to)):
        if written:
            yield Fact(say(f"fact.{key}"), telling.clean(decoded_words(written)))
    if original.message_id:
        yield Fact(say("fact.message-id"), telling.clean(original.message_id))
    if report.envelope_id:
        yield Fact(say("fact.envelope-id"), telling.clean(report.envelope_id))
    if report.arrival_date:
        yield Fact(say("fact.arrived"), moment(in_zone(report.arrival_date, UTC)))
    if report.received_from:
        yield Fact(say("fact.received-from"), telling.clean(report.received_from))
    if telling.size:
        yield Fact(say("fact.size"), _size(telling.size))


def trace_fields(telling: Telling) -> tuple[tuple[str, ...], bool]:
    """Return the telling fields of the original's header, and whether any were cut or left out."""
    fields = telling.report.original.headers if telling.report.original else ()
    return _within(
        [(name, value) for name, value in fields if name.lower() in _TELLING_FIELDS],
        telling.room.headers,
    )


def all_fields(telling: Telling) -> tuple[tuple[str, ...], bool]:
    """Return the original's header as far as there is room, and whether any of it was cut."""
    fields = telling.report.original.headers if telling.report.original else ()
    return _within(fields, telling.room.headers)


def trimmed(telling: Telling) -> str:
    """Return the note below a header that was cut."""
    return telling.speaker.say("headers.trimmed" if telling.attached else "headers.trimmed.alone")


def _within(fields: Sequence[tuple[str, str]], most: int) -> tuple[tuple[str, ...], bool]:
    shown: list[str] = []
    cut = False
    for name, value in fields:
        line = printable(f"{name}: {' '.join(value[: 4 * _LONGEST_FIELD].split())}")
        cut |= len(line) > _LONGEST_FIELD
        line = shortened(line, _LONGEST_FIELD)
        if len(line) > most:
            return tuple(shown), True
        shown.append(line)
        most -= len(line)
    return tuple(shown), cut


def _size(octets: int) -> str:
    if octets < 1_000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{octets / 1_000:.0f} kB"
    return f"{octets / 1_000_000:.1f} MB"
