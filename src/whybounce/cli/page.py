"""An answer on the terminal: the order is ``Words``' own, the width 80 columns or less.

Commands stand alone on a line and are never wrapped, so that they can be copied.
"""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.finding import Confirmation, Finding
from whybounce.vocabulary.note import Note
from whybounce.vocabulary.report import Defect, Diagnosis, Kind
from whybounce.vocabulary.words import Steps, Words
from whybounce.wording import Speaker, printable
from whybounce.wording.passages import Passage, passages, passages_of_finding
from whybounce.wording.rehearsals import RehearsalWords
from whybounce.wording.wrapping import wrapped

_WIDTH = 80
_BAR = 12
_MOST_BARS = 20


def console() -> Console:
    """Return the console to print on: colours on a terminal only, never wider than 80."""
    width = min(_WIDTH, Console().width) if sys.stdout.isatty() else _WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_answer(explanation: Explanation, speaker: Speaker, page: Console) -> None:
    """Print one explanation: verdict, who, again, what to do, said, to pass on, why, live checks.

    Other readings are shown where the answer is not certain.
    """
    words, confidence = speaker.words(explanation), explanation.confidence
    numbers = f"{words.code}: " if words.code and words.code not in words.verdict else ""
    page.print(Text(f"{numbers}{words.verdict}", style="bold"))
    _print_sentence(page, words.final)
    _print_sentence(page, words.what)
    _part(page, speaker.heading("owner"), speaker.acts(words.owner, words.helpers))
    _part(page, speaker.heading("again"), words.again)
    if words.steps:
        _heading(page, speaker.heading("steps"))
        for steps in words.steps:
            _print_steps(page, steps, speaker)
    if words.said:
        _heading(page, speaker.heading("said"))
        _print_wrapped(page, words.said, 2)
    _part(page, speaker.heading("tell"), words.tell)
    _heading(page, speaker.heading("because"))
    _print_wrapped(page, f"{words.because} ({speaker.confidence(confidence)})", 2)
    if explanation.confirmation is not None:
        print_confirmation(explanation.confirmation, speaker, page)
    if confidence is not Confidence.CERTAIN:
        _print_alternatives(page, words, speaker)


def print_diagnosis(source: str, diagnosis: Diagnosis, speaker: Speaker, page: Console) -> None:
    """Print one mail: for each recipient the whole answer; notes; what could not be used."""
    page.print(Text(printable(source), style="dim"), soft_wrap=True)
    report = diagnosis.report
    if report.kind is Kind.NOT_A_REPORT and not any(each.recipient for each in report.outcomes):
        # Any file is a text: one that names nobody and says nothing known is not worth a page.
        defects = report.defects or (Defect("message", "no form of bounce that is known here"),)
        _print_defects(defects, page)
        return
    for outcome, explanation in zip(report.outcomes, diagnosis.explanations, strict=True):
        page.print()
        if outcome.recipient:
            page.print(Text(printable(outcome.recipient), style="bold"), soft_wrap=True)
        print_answer(explanation, speaker, page)
    _print_notes(diagnosis.notes, speaker, page)
    _print_defects(report.defects, page)


def _print_defects(defects: Sequence[Defect], page: Console) -> None:
    for defect in defects:
        _print_wrapped(page, f"{defect.where}: {printable(defect.what)}", 0)
    page.print()


def print_numbers(numbers: Sequence[tuple[str, int]], page: Console) -> None:
    """Print what each number counts, and the numbers below one another."""
    longest = max(len(name) for name, _ in numbers)
    for name, number in numbers:
        page.print(Text(f"{name:<{longest}}  {number:>10,}"))


def print_bars(
    heading: str, counts: Sequence[tuple[str, int]], speaker: Speaker, page: Console
) -> None:
    """Print a heading and a bar for each count, the greatest first; the longest bar is its."""
    if not counts:
        return
    _heading(page, heading)
    bar = "█" if "utf" in page.encoding else "#"
    for name, count in counts[:_MOST_BARS]:
        length = max(1, round(_BAR * count / counts[0][1]))
        lead = f"{count:>9,} {bar * length:<{_BAR}} "
        _print_wrapped(page, printable(name), len(lead), lead)
    if len(counts) > _MOST_BARS:
        lead = f"{len(counts) - _MOST_BARS:>9,} "
        _print_wrapped(page, speaker.heading("summary.more"), len(lead), lead)


def print_cause(cause: Cause, speaker: Speaker, page: Console) -> None:
    """Print one entry of the catalogue, its placeholders said in words."""
    words = speaker.cause_words(cause.id)
    page.print(Text(words.title, style="bold"))
    page.print(Text(f"{cause.id} · {speaker.codes(cause.id)}"))
    _print_sentence(page, speaker.prose(words.what))
    _part(page, speaker.heading("owner"), speaker.acts(speaker.role(cause.owner), None))
    _heading(page, speaker.heading("steps"))
    for steps in speaker.steps(cause.id, cause.owner):
        _print_steps(page, steps, speaker)
    _part(page, speaker.heading("tell"), speaker.prose(words.tell))
    _part(page, speaker.heading("source"), cause.source)


def print_entry(cause: Cause, speaker: Speaker, page: Console) -> None:
    """Print what a list shows of a cause: its title; id, first codes, who must act."""
    codes = ", ".join(map(str, cause.codes[:3])) + (" …" if len(cause.codes) > 3 else "")
    page.print(Text(speaker.cause_words(cause.id).title, style="bold"))
    facts = f"{cause.id} · {codes or 'no code'} · {speaker.role(cause.owner)}"
    _print_wrapped(page, facts, 2)


def print_findings(
    target: str, findings: Sequence[Finding], speaker: Speaker, page: Console
) -> None:
    """Print what each check found: the answer and its question, what it means, what mends it."""
    page.print(Text(printable(target), style="bold"), soft_wrap=True)
    for finding in findings:
        page.print()
        _print_finding(finding, speaker, page)


def print_confirmation(confirmation: Confirmation, speaker: Speaker, page: Console) -> None:
    """Print what live checks say of an explanation, and what they found."""
    _heading(page, speaker.page("check.heading"))
    for sentence in speaker.confirmation(confirmation):
        _print_sentence(page, sentence, indent=2)
    for target, finding in confirmation.found:
        _print_finding(finding, speaker, page, about=f"{printable(target)}: ")


def print_rehearsal(words: RehearsalWords, speaker: Speaker, page: Console) -> None:
    """Print what the gateway would say: verdict, each policy's saying, what nobody could know."""
    page.print(Text(words.verdict, style="bold"))
    for sentence in words.sentences:
        _print_wrapped(page, sentence, 0)
    _heading(page, speaker.page("rehearsal.sayings"))
    for saying in words.sayings:
        decides = f" ({speaker.page('rehearsal.decides')})" if saying.decides else ""
        line = f"{saying.stage}: {', '.join(saying.policies)}: {saying.words}{decides}"
        _print_wrapped(page, line, 4, "* " if saying.decides else "- ")
        if saying.reply:
            _print_wrapped(page, printable(saying.reply), 6)
        if saying.because:
            _print_wrapped(page, f"({printable(saying.because)})", 6)
    if words.probe is not None:
        _heading(page, speaker.page("rehearsal.probe"))
        _print_finding(words.probe, speaker, page)
    _heading(page, speaker.page("rehearsal.unknown"))
    for sentence in words.unknown:
        _print_wrapped(page, sentence, 4, "- ")


def _print_finding(finding: Finding, speaker: Speaker, page: Console, about: str = "") -> None:
    words = speaker.finding_words(finding)
    answer = speaker.answer(finding.answer)
    page.print(Text(f"{about}{words.question} ", style="cyan"), Text(answer, style="bold"), sep="")
    _print_sentence(page, words.what, indent=2)
    _print_wrapped(page, f"({printable(finding.evidence)})", 2)
    for number, step in enumerate(words.steps, start=1):
        _print_passages(page, passages_of_finding(step), 4, f"{number}. ")


def _print_notes(notes: Sequence[Note], speaker: Speaker, page: Console) -> None:
    """Print what else the headers show, each with its evidence."""
    if notes:
        _heading(page, speaker.heading("notes"))
    for note in notes:
        words = speaker.note_words(note)
        _print_wrapped(page, words.what, 4, "- ")
        _print_wrapped(page, words.because, 4)


def _part(page: Console, heading: str, text: str) -> None:
    _heading(page, heading)
    _print_sentence(page, text, indent=2)


def _heading(page: Console, heading: str) -> None:
    page.print()
    page.print(Text(heading, style="bold cyan"))


def _print_steps(page: Console, steps: Steps, speaker: Speaker) -> None:
    page.print(Text(f"  {speaker.label(steps.heading)}"))
    for number, sentence in enumerate(steps.sentences, start=1):
        _print_sentence(page, sentence, indent=4, bullet=f"{number}. ")


def _print_sentence(page: Console, sentence: str, indent: int = 0, bullet: str = "") -> None:
    _print_passages(page, passages(sentence), indent, bullet)


def _print_passages(
    page: Console, parts: Sequence[Passage], indent: int = 0, bullet: str = ""
) -> None:
    """Print prose wrapped, and each command in it on a line of its own, unwrapped."""
    hanging = indent + len(bullet)
    for place, part in enumerate(parts):
        if part.is_command:
            page.print(Text(" " * (hanging + 2) + part.text, style="bold"), soft_wrap=True)
        else:
            _print_wrapped(page, part.text, hanging, bullet if place == 0 else "")


def _print_wrapped(page: Console, prose: str, hanging: int, bullet: str = "") -> None:
    """Print text as it is, wrapped; a stranger's words go here, so that none become a command."""
    for line in wrapped(prose, page.width, bullet.rjust(hanging), " " * hanging):
        page.print(Text(line), soft_wrap=True)


def _print_alternatives(page: Console, words: Words, speaker: Speaker) -> None:
    if not words.alternatives:
        return
    _heading(page, speaker.heading("alternatives"))
    for reading in words.alternatives:
        decides = f" {speaker.condition(reading.decides)}" if reading.decides else ""
        _print_sentence(
            page, f"{reading.title} ({reading.owner}; {reading.cause}).{decides}", 2, "- "
        )
