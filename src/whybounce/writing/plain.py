"""The modern notice as text: for those who read no HTML, and for those who have it read aloud.

Headings are underlined; the party that needs to act has a mark and words.
"""

from collections.abc import Iterator, Sequence

from whybounce.wording.notice import NoticeSpeaker
from whybounce.wording.wrapping import columns
from whybounce.writing.lines import INDENT, WIDTH, numbered, sentence, wrapped
from whybounce.writing.page import (
    Advice,
    CellState,
    Fact,
    Names,
    Page,
    Trouble,
)

_RULE = "-" * WIDTH
_MARKS = {CellState.ACTS: ">>", CellState.HELPS: " >", CellState.IDLE: "  "}


def render(page: Page, speaker: NoticeSpeaker) -> str:
    """Return the text, ending with a line end."""
    lines = [
        *wrapped(page.mark),
        "",
        *wrapped(page.headline),
        *wrapped(page.lead),
        *wrapped(page.message),
    ]
    if page.warning:
        lines += ["", *wrapped(page.warning)]
    for trouble in page.troubles:
        lines += _trouble(trouble, speaker)
    lines += _further(page, speaker)
    lines += _settled(page)
    lines += ["", _RULE, *_heading(speaker.say("heading.admins"))]
    for trouble in page.troubles:
        lines += _for_admins(trouble, speaker, titled=len(page.troubles) > 1)
    for settled in page.settled:
        action = settled.action and speaker.say("label", label=settled.action)
        lines += ["", *wrapped(action), *_facts(settled.facts, speaker)]
    lines += _evidence(page, speaker)
    lines += ["", _RULE, *wrapped(page.reported), *wrapped(page.contact)]
    return "\n".join(lines) + "\n"


def _trouble(trouble: Trouble, speaker: NoticeSpeaker) -> Iterator[str]:
    yield from _heading(trouble.title)
    if trouble.recipients.shown:
        yield speaker.say("label", label=trouble.heading)
        yield from _names(trouble.recipients)
    yield from _heading(speaker.say("heading.owner"))
    for cell in trouble.cells:
        who = speaker.say("label", label=f"{cell.party} ({cell.who})")
        yield from wrapped(f"{who} {cell.words}", f"{_MARKS[cell.state]} ", " " * 6)
    if trouble.nobody:
        yield f"   {trouble.nobody}"
    yield from ("", *sentence(trouble.what, "", ""))
    for quote in trouble.quotes:
        yield from ("", quote.lead, f"{INDENT}{quote.words}")
    yield from _heading(speaker.say("heading.steps"))
    yield from numbered(trouble.steps)
    yield from _heading(speaker.say("heading.again"))
    yield from wrapped(trouble.again)
    if trouble.tell:
        yield from _heading(speaker.say("heading.tell"))
        yield from sentence(trouble.tell, INDENT, INDENT)
    if trouble.recipients_steps:
        yield from _steps(trouble.recipients_steps, speaker)


def _further(page: Page, speaker: NoticeSpeaker) -> Iterator[str]:
    if not page.further:
        return
    yield from _heading(speaker.say("further"))
    for further in page.further:
        yield from wrapped(f"{further.title}. {further.who}")
        yield from _names(further.recipients)
    if page.further_more:
        yield page.further_more


def _settled(page: Page) -> Iterator[str]:
    if not page.settled:
        return
    if page.settled_heading:
        yield from _heading(page.settled_heading)
    for place, settled in enumerate(page.settled):
        if place or not page.settled_heading:
            yield ""
        yield from wrapped(
            f"{settled.action}. {settled.became}" if settled.action else settled.became
        )
        yield from _names(settled.recipients)


def _for_admins(trouble: Trouble, speaker: NoticeSpeaker, *, titled: bool) -> Iterator[str]:
    yield ""
    if titled:
        yield from wrapped(f"{trouble.title}:")
    yield from _facts(trouble.facts, speaker)
    if trouble.because:
        yield from _heading(speaker.say("heading.because"))
        yield from wrapped(trouble.because)
    if trouble.readings:
        yield from _heading(speaker.say("heading.alternatives"))
        for reading in trouble.readings:
            yield from wrapped(reading, "- ")
    if trouble.attempts:
        yield from _heading(speaker.say("heading.attempts"))
        for attempt in trouble.attempts:
            yield INDENT + "  ".join(filter(None, (attempt.time, attempt.server, attempt.said)))
    for steps in trouble.admins_steps:
        yield from _steps(steps, speaker)


def _evidence(page: Page, speaker: NoticeSpeaker) -> Iterator[str]:
    if page.findings:
        yield from _heading(speaker.say("heading.findings"))
        yield from _facts(page.findings, speaker)
    if page.notes:
        yield from _heading(speaker.say("heading.notes"))
        for note in page.notes:
            yield from wrapped(f"{note.what} {note.because}", "- ")
    if page.hops:
        yield from _heading(speaker.say("heading.hops"))
        columns = ("way", "time", "took")
        # Indented: mbox files mangle a line that begins with "From ".
        yield "    " + " · ".join(speaker.say(f"hop.{column}") for column in columns)
        for hop in page.hops:
            said = (f"{hop.way} {hop.protocol}".strip(), hop.time, hop.took, hop.mark)
            yield from wrapped(" · ".join(filter(None, said)), f"{hop.step}. ".rjust(4))
        for one in page.hop_sentences:
            yield from wrapped(one)
    if page.details:
        yield from _heading(speaker.say("heading.details"))
        yield from _facts(page.details, speaker)
    if page.headers:
        yield from _heading(speaker.say("heading.headers"))
        yield from page.headers
        yield from wrapped(page.headers_note)


def _heading(words: str) -> Iterator[str]:
    lines = list(wrapped(words))
    yield from ("", *lines)
    yield "-" * max(map(columns, lines), default=0)


def _names(names: Names) -> Iterator[str]:
    yield from (f"{INDENT}{name}" for name in names.shown)
    if names.more:
        yield f"{INDENT}{names.more}"


def _facts(facts: Sequence[Fact], speaker: NoticeSpeaker) -> Iterator[str]:
    labels = [speaker.say("label", label=fact.label) for fact in facts]
    width = max(map(columns, labels), default=0)
    for fact, label in zip(facts, labels, strict=True):
        yield f"{INDENT}{label}{' ' * (width - columns(label))} {fact.value}"


def _steps(steps: Advice, speaker: NoticeSpeaker) -> Iterator[str]:
    yield from ("", *wrapped(speaker.say("label", label=steps.heading)))
    yield from numbered(steps.sentences)
