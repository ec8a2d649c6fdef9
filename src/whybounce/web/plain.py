"""An answer as plain text, for terminals and to be handed to a help desk: lines of 78 columns."""

from collections.abc import Iterator, Sequence

from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.finding import Change, Confirmation, Finding
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis
from whybounce.vocabulary.words import Words
from whybounce.web.checks import Checked
from whybounce.wording import Speaker, printable
from whybounce.wording.moments import moment
from whybounce.wording.passages import Passage, passages, passages_of_finding
from whybounce.wording.wrapping import wrapped

_WIDTH = 78


def answer(explanation: Explanation, speaker: Speaker, outcome: Outcome | None = None) -> str:
    """Return the whole answer, in the order of every answer."""
    return "\n".join(_lines(explanation, speaker, outcome)) + "\n"


def diagnosis(known: Diagnosis, speaker: Speaker) -> str:
    """Return an answer for each recipient, what else the report shows, and what was unusable."""
    report = known.report
    pairs = zip(report.outcomes, known.explanations, strict=True)
    parts = [answer(explanation, speaker, outcome) for outcome, explanation in pairs]
    if known.notes:
        parts.append("\n".join(_notes(known, speaker)) + "\n")
    parts += [f"{defect.where}: {printable(defect.what)}\n" for defect in report.defects]
    return ("\n" + "-" * _WIDTH + "\n\n").join(parts)


def findings(found: Checked, change: Change | None, speaker: Speaker) -> str:
    """Return what checks found, and what that says of a cause."""
    return "\n".join(_findings(found, change, speaker)) + "\n"


def _findings(found: Checked, change: Change | None, speaker: Speaker) -> Iterator[str]:
    yield f"{found.target}, {moment(found.at)}"
    if change is not None:
        say = speaker.page
        what = say(f"check.{change}.what", moment=moment(found.at))
        yield from ("", say(f"check.{change}.title"))
        yield from _prose(f"{what} {say(f'check.{change}.do')}", "  ")
    for finding in found.findings:
        yield from _finding(finding, speaker)


def _lines(explanation: Explanation, speaker: Speaker, outcome: Outcome | None) -> Iterator[str]:
    words = speaker.words(explanation)
    if outcome and outcome.recipient:
        yield printable(outcome.recipient)
    numbers = f"{words.code}: " if words.code and words.code not in words.verdict else ""
    yield from _prose(f"{numbers}{words.verdict}")
    yield from _prose(words.final)
    yield from _prose(words.what)
    yield from _part(speaker.heading("owner"), speaker.acts(words.owner, words.helpers))
    yield from _part(speaker.heading("again"), words.again)
    if words.steps:
        yield from ("", speaker.heading("steps"))
    for steps in words.steps:
        yield f"  {speaker.label(steps.heading)}"
        for number, sentence in enumerate(steps.sentences, start=1):
            yield from _prose(sentence, "    ", f"{number}. ")
    if words.said:
        yield from ("", speaker.heading("said"), *_wrapped(words.said, "  "))
    yield from _part(speaker.heading("tell"), words.tell)
    sure = f" ({speaker.confidence(explanation.confidence)})"
    yield from ("", speaker.heading("because"), *_wrapped(words.because + sure, "  "))
    if explanation.confidence is not Confidence.CERTAIN:
        yield from _alternatives(words, speaker)
    if explanation.confirmation is not None:
        yield from _confirmation(explanation.confirmation, speaker)
    yield ""
    yield f"/causes/{explanation.cause}"


def _confirmation(found: Confirmation, speaker: Speaker) -> Iterator[str]:
    yield from ("", speaker.page("check.heading"))
    for sentence in speaker.confirmation(found):
        yield from _prose(sentence, "  ")
    for target, finding in found.found:
        yield from _finding(finding, speaker, f"{printable(target)}: ")


def _finding(finding: Finding, speaker: Speaker, about: str = "") -> Iterator[str]:
    words = speaker.finding_words(finding)
    yield from ("", f"{about}{words.question} {speaker.answer(finding.answer)}")
    yield from _prose(words.what, "  ")
    yield from _wrapped(f"({printable(finding.evidence)})", "  ")
    for number, step in enumerate(words.steps, start=1):
        yield from _passages(passages_of_finding(step), "    ", f"{number}. ")


def _alternatives(words: Words, speaker: Speaker) -> Iterator[str]:
    if words.alternatives:
        yield from ("", speaker.heading("alternatives"))
    for reading in words.alternatives:
        decides = f" {speaker.condition(reading.decides)}" if reading.decides else ""
        yield from _wrapped(f"{reading.title} ({reading.owner}).{decides}", "  ", "- ")


def _notes(known: Diagnosis, speaker: Speaker) -> Iterator[str]:
    yield speaker.heading("notes")
    for note in known.notes:
        words = speaker.note_words(note)
        yield from _wrapped(words.what, "  ", "- ")
        yield from _wrapped(words.because, "    ")


def _part(heading: str, sentence: str) -> Iterator[str]:
    yield from ("", heading)
    yield from _prose(sentence, "  ")


def _prose(sentence: str, indent: str = "", bullet: str = "") -> Iterator[str]:
    return _passages(passages(sentence), indent, bullet)


def _passages(parts: Sequence[Passage], indent: str, bullet: str) -> Iterator[str]:
    """Yield prose wrapped, and each command in it unwrapped on a line of its own."""
    hanging = indent + " " * len(bullet)
    for place, part in enumerate(parts):
        if part.is_command:
            yield f"{hanging}  {part.text}"
        else:
            yield from _wrapped(part.text, *((hanging,) if place else (indent, bullet)))


def _wrapped(prose: str, indent: str, bullet: str = "") -> Iterator[str]:
    """Yield a stranger's or our own words wrapped; none of them becomes a command."""
    return wrapped(printable(prose), _WIDTH, indent + bullet)
