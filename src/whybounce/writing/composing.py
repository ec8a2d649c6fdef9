"""A diagnosis becomes a page: everything that is told, in the order in which it is read."""

from collections.abc import Iterator, Sequence

from whybounce.vocabulary.note import NoteWords
from whybounce.vocabulary.notice import Audience
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind
from whybounce.wording.direction import prose_set_in
from whybounce.wording.moments import moment
from whybounce.writing.grouping import Group
from whybounce.writing.page import Fact, Page, Settled
from whybounce.writing.telling import Telling, subject_of
from whybounce.writing.trace import details, hop_rows, trace_fields, trimmed
from whybounce.writing.trouble import code_of, further, trouble

_MOST_FURTHER = 12
_ARRIVED = (Kind.SUCCESS, Kind.RELAYED, Kind.EXPANDED)


def compose(telling: Telling) -> Page:
    """Return the page of the modern style."""
    say, room, groups = telling.speaker.say, telling.room, telling.groups
    troubled = [group for group in groups if group.in_trouble]
    named = _named(groups)
    rows, hop_sentences = hop_rows(telling)
    headers, cut = trace_fields(telling)
    inside = telling.settings.audience is Audience.INTERNAL
    return Page(
        language=telling.speaker.language,
        direction=telling.speaker.direction,
        subject=subject_line(telling),
        mark=say("mark", organisation=telling.clean(telling.organisation)),
        headline=_headline(named, telling),
        message=_message(telling),
        lead=_lead(telling),
        warning=warning(telling),
        troubles=tuple(
            trouble(group, telling, named=len(named) == 1 and group.recipients == named)
            for group in troubled[: room.causes]
        ),
        further=tuple(
            further(group, telling) for group in troubled[room.causes : room.causes + _MOST_FURTHER]
        ),
        further_more=_further_more(len(troubled) - room.causes - _MOST_FURTHER, telling),
        settled_heading=say("heading.others") if troubled else "",
        settled=tuple(
            _settled(group, telling, named=len(named) == 1, alone=len(groups) == 1)
            for group in groups
            if not group.in_trouble
        ),
        notes=_notes(telling) if inside else (),
        findings=tuple(_findings(telling)) if inside else (),
        hops=rows,
        hop_sentences=hop_sentences,
        details=tuple(details(telling)),
        headers=headers,
        headers_note=trimmed(telling) if cut else "",
        reported=reported(telling),
        contact=contact(telling),
    )


def subject_line(telling: Telling) -> str:
    """Return the notice's subject: what became of it, and what it was about."""
    subject = subject_of(telling.report.original) or telling.speaker.say("no-subject")
    return telling.speaker.say(f"subject.{telling.kind}", subject=telling.clean(subject))


def _named(groups: Sequence[Group]) -> tuple[str, ...]:
    """Return the recipients that the headline is about: those with the gravest action."""
    gravest = (group for group in groups if group.action is groups[0].action)
    return tuple(dict.fromkeys(recipient for group in gravest for recipient in group.recipients))


def _headline(named: Sequence[str], telling: Telling) -> str:
    key = f"headline.{telling.kind}"
    if len(named) == 1:
        return telling.speaker.say(key, recipient=telling.clean(named[0]))
    return telling.speaker.say(f"{key}.several")


def _message(telling: Telling) -> str:
    """Return which message it is about: its subject, and its date as the sender's clock had it."""
    original = telling.report.original
    if original is None:
        return ""
    subject = telling.clean(subject_of(original) or telling.speaker.say("no-subject"))
    subject = prose_set_in(subject, telling.speaker.direction)
    if original.date is None:
        return telling.speaker.say("message.undated", subject=subject)
    return telling.speaker.say("message", subject=subject, date=telling.local(original.date))


def _lead(telling: Telling) -> str:
    if telling.kind is not Kind.DELAY:
        return ""
    times = [
        outcome.will_retry_until
        for group in telling.groups
        if group.action is Action.DELAYED
        for outcome in group.outcomes
        if outcome.will_retry_until
    ]
    if not times:
        return telling.speaker.say("retried")
    return telling.speaker.say("retried.until", until=telling.local(max(times)))


def warning(telling: Telling) -> str:
    """Return the warning about a message that was perhaps never ours; empty where there is none."""
    rewriting = telling.settings.rewriting
    return telling.speaker.say("not-ours") if rewriting and not rewriting.ours else ""


def contact(telling: Telling) -> str:
    """Return whom the reader can ask; empty where nobody is named."""
    whom = telling.settings.contact
    return telling.speaker.say("contact", contact=telling.clean(whom)) if whom else ""


def _further_more(left: int, telling: Telling) -> str:
    return telling.speaker.say("more.attached", count=str(left)) if left > 0 else ""


def _settled(group: Group, telling: Telling, *, named: bool, alone: bool) -> Settled:
    """Return the section. ``alone``: the headline is about it; ``named``: and names its one address."""
    say, cause = telling.speaker.say, group.explanations[0].cause
    servers = [outcome.remote for outcome in group.outcomes if outcome.remote]
    facts = [
        Fact(
            say("fact.status"),
            telling.joined(code_of(one, cause, telling) for one in group.outcomes),
        )
    ]
    if servers:
        facts.append(Fact(say("fact.accepted-by"), telling.joined(servers)))
    if last := max((one.last_attempt for one in group.outcomes if one.last_attempt), default=None):
        facts.append(Fact(say("fact.last-attempt"), moment(last)))
    return Settled(
        action="" if alone else say(f"action.{group.action}"),
        became=say(f"became.{group.action}"),
        recipients=telling.names(() if named and alone else group.recipients),
        facts=tuple(facts),
    )


def _notes(telling: Telling) -> tuple[NoteWords, ...]:
    return tuple(
        telling.speaker.note(note) for note in telling.diagnosis.notes[: telling.room.notes]
    )


def _findings(telling: Telling) -> Iterator[Fact]:
    for finding in telling.diagnosis.findings[: telling.room.notes]:
        answer = telling.speaker.say(f"checked.{finding.answer}")
        yield Fact(finding.check, f"{answer}: {telling.clean(finding.evidence)}")


def reported(telling: Telling) -> str:
    """Return who reports, and that reporting is not causing where there is something to be caused."""
    generator, rewriting = telling.clean(telling.generator), telling.settings.rewriting
    if rewriting is None:
        key = "reported.arrived" if telling.kind in _ARRIVED else "reported"
        return telling.speaker.say(key, generator=generator)
    rewriter = telling.clean(rewriting.by)
    return telling.speaker.say("rewritten", generator=generator, rewriter=rewriter)
