"""What the hops tell: loops, where the time went, and clocks that differ. RFC 5321 §4.4."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from whybounce.diagnosing.case import Case
from whybounce.vocabulary.cause import Reason
from whybounce.vocabulary.note import Note, NoteId, NoteMeaning, Parameter
from whybounce.vocabulary.report import Hop, Kind, Report

# A filter behind the server makes a pair appear twice without a loop.
_LEAST_ROUNDS = 3
_LEAST_ROUNDS_OF_A_LOOP = 2  # Where the reply speaks of one.
_LOOPS = {"routing-loop", "automatic-message-loop", "forwarding-misconfigured"}
_MOST_NAMED = 6

# Seconds.
_LONG = 3600
_LONG_WHERE_TIME_MATTERS = 300
_CLOCKS_AGREE = 60
_ZONE_STEP = 1800


def loop(case: Case) -> Iterator[Note]:
    """Note servers that hand the message round, by the pair that appears most often."""
    hops = case.report.hops
    pairs = [(hop.from_.lower(), hop.by.lower()) for hop in hops if hop.from_ and hop.by]
    if len(pairs) == len(set(pairs)):
        return
    rounds = Counter(pair for pair in pairs if pair[0] != pair[1] and pair[0] != "localhost")
    spoken_of = any(explanation.cause in _LOOPS for explanation in case.explanations)
    least = _LEAST_ROUNDS_OF_A_LOOP if spoken_of else _LEAST_ROUNDS
    if not rounds or rounds.most_common(1)[0][1] < least:
        return
    (first, second), times = rounds.most_common(1)[0]
    yield Note(
        NoteId.LOOP,
        {"way": _way(pairs, (first, second)), "first": first, "second": second, "times": times},
    )


def long_wait(case: Case) -> Iterator[Note]:
    """Note where most of the time went, if it is long: five minutes where the report is about time.

    Of clocks that differ nothing is concluded, nor of a step to the half hour, which is a time
    zone that somebody forgot.
    """
    hops = case.report.hops
    about_time = _is_about_time(case)
    waits = [*_waits_between(hops, _LONG_WHERE_TIME_MATTERS if about_time else _LONG)]
    if about_time:
        waits += _wait_at_generator(case.report)
    if waits and not _clock_trouble(hops):
        yield max(waits, key=lambda wait: wait[0])[1]


def clocks(case: Case) -> Iterator[Note]:
    """Note the step that took least, where it took less than no time."""
    trouble = _clock_trouble(case.report.hops)
    if trouble is None:
        return
    place, seconds = trouble
    hop, difference = case.report.hops[place], timedelta(seconds=seconds)
    meaning = NoteMeaning.PERHAPS_TIME_ZONE if not seconds % _ZONE_STEP else None
    before = case.report.hops[place - 1].by if place else None
    if place == 0 and hop.by:
        step: dict[str, Parameter] = {"server": hop.by, "difference": difference}
        yield Note(NoteId.SENDERS_CLOCK_DIFFERS, step, meaning)
    elif before and hop.by and before != hop.by:
        pair: dict[str, Parameter] = {"first": before, "second": hop.by, "difference": difference}
        yield Note(NoteId.CLOCKS_DIFFER, pair, meaning)


def _way(pairs: list[tuple[str, str]], pair: tuple[str, str]) -> str:
    """Return one round: ``a → b → a``."""
    start = pairs.index(pair)
    end = pairs.index(pair, start + 1)
    servers = [pair[0], *(by for _, by in pairs[start:end])]
    return " → ".join(servers[:_MOST_NAMED]) + (" → …" if len(servers) > _MOST_NAMED else "")


def _waits_between(hops: tuple[Hop, ...], long: int) -> Iterator[tuple[timedelta, Note]]:
    for before, hop in pairwise(hops):
        seconds = hop.relay_seconds or 0
        server = before.by or hop.from_
        if seconds >= long and seconds % _ZONE_STEP and server and hop.by:
            wait = timedelta(seconds=seconds)
            parameters: dict[str, Parameter] = {"server": server, "next": hop.by, "wait": wait}
            yield wait, Note(NoteId.LONG_WAIT, parameters)


def _wait_at_generator(report: Report) -> Iterator[tuple[timedelta, Note]]:
    """Yield how long the last server had the message, where that is long for a report about time."""
    arrived = next((hop.time for hop in reversed(report.hops) if hop.time), report.arrival_date)
    server = report.generator or next((hop.by for hop in reversed(report.hops) if hop.by), None)
    if arrived and report.date and server:
        wait = report.date - arrived
        if wait.total_seconds() >= _LONG_WHERE_TIME_MATTERS:
            yield wait, Note(NoteId.LONG_WAIT_AT_GENERATOR, {"server": server, "wait": wait})


def _is_about_time(case: Case) -> bool:
    return case.report.kind is Kind.DELAY or any(
        explanation.reason is Reason.EXPIRED for explanation in case.explanations
    )


def _clock_trouble(hops: tuple[Hop, ...]) -> tuple[int, float] | None:
    """Return the place of the step that took least time, and by how many seconds clocks differ."""
    steps = [(hop.relay_seconds, place) for place, hop in enumerate(hops) if hop.relay_seconds]
    least, place = min(steps, default=(0, 0))
    return (place, -least) if least <= -_CLOCKS_AGREE else None
