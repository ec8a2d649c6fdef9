"""What a page shows of one explanation: ``Words`` in their order, cut so that commands can be copied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from whybounce.catalogue import catalogue
from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.finding import Change, Confirmation, Finding, FindingWords
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.words import ReadingWords, Words
from whybounce.web.checks import Way, way_of
from whybounce.wording import Speaker, printable
from whybounce.wording.notice import NoticeSpeaker
from whybounce.wording.passages import Passage, passages
from whybounce.writing.grouping import Group

_MOST_NAMES = 12

# The three parties of a mail, left to right, and whose work each of them does.
_PARTIES: Mapping[str, tuple[FixItOwner, ...]] = {
    "sender": (FixItOwner.SENDER, FixItOwner.SENDER_ADMIN),
    "operator.other": (FixItOwner.OPERATOR,),
    "recipient": (FixItOwner.RECIPIENT, FixItOwner.RECIPIENT_ADMIN),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One party: whether it must act, can help, or has nothing to do."""

    party: str
    state: str  # acts, helps, idle: how it looks.
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What one role can do."""

    heading: str
    steps: tuple[tuple[Passage, ...], ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """Another thing the reply can mean."""

    cause: str
    title: str
    who: str
    decides: str | None


@dataclass(frozen=True, slots=True)
class CheckedNow:
    """What live checks say of an answer."""

    change: Change
    sentences: tuple[str, ...]  # The first is the verdict.
    found: tuple[
        tuple[str, Finding, FindingWords], ...
    ]  # What was asked about, what is so, in words.


@dataclass(frozen=True, slots=True)
class Card:
    """One answer, in the order of every answer."""

    recipients: tuple[str, ...]  # As far as there is room …
    more: str | None  # … and how many more.
    became: str | None  # Not delivered, delivered …
    code: str
    verdict: str
    is_ambiguous: bool
    final: str
    what: tuple[Passage, ...]
    owner: str
    helpers: str | None
    cells: tuple[Cell, ...]
    again: str
    advice: tuple[Advice, ...]
    said: str | None
    tell: str
    because: str
    confidence: str
    alternatives: tuple[Meaning, ...]
    cause: str
    checks: Way | None  # Where it can be checked whether it is still so.
    checked: CheckedNow | None  # What live checks have said, where they were run.
    link: str  # The page about it; no word of it is the reader's.
    language: str  # The language of the cause's own words.


def group_card(group: Group, speaker: Speaker, together: NoticeSpeaker) -> Card:
    """Return what is shown of recipients that share their fate and its cause: said once."""
    names = tuple(printable(name) for name in group.recipients if name)
    shown = card(group.explanations[0], speaker, together.words(group.explanations))
    left = len(names) - _MOST_NAMES
    stated = group.outcomes[0].action
    return replace(
        shown,
        recipients=names[:_MOST_NAMES],
        more=together.say("more", count=str(left)) if left > 0 else None,
        became=speaker.page(f"action.{stated}") if stated else None,
    )


def card(explanation: Explanation, speaker: Speaker, words: Words | None = None) -> Card:
    """Return what is shown of the explanation, in its own words or those that are given."""
    words = words or speaker.words(explanation)
    ambiguous = explanation.confidence is Confidence.AMBIGUOUS
    return Card(
        recipients=(),
        more=None,
        became=None,
        code=words.code,
        verdict=words.verdict,
        is_ambiguous=ambiguous,
        final=words.final,
        what=passages(words.what),
        owner=f"{capital(words.owner)}.",
        helpers=f"{capital(words.helpers)}." if words.helpers else None,
        cells=cells(explanation.owner, explanation.helpers, speaker),
        again=words.again,
        advice=tuple(
            Advice(steps.heading, tuple(map(passages, steps.sentences))) for steps in words.steps
        ),
        said=words.said,
        tell=words.tell.replace("`", ""),
        because=words.because,
        confidence=speaker.confidence(explanation.confidence),
        alternatives=tuple(_meaning(reading, speaker) for reading in words.alternatives)
        if explanation.confidence is not Confidence.CERTAIN
        else (),
        cause=explanation.cause,
        checks=way_of(catalogue().causes[explanation.cause], explanation),
        checked=_checked(explanation.confirmation, speaker),
        link=link_of(explanation),
        language=speaker.language_of(explanation.cause),
    )


def _checked(found: Confirmation | None, speaker: Speaker) -> CheckedNow | None:
    if found is None:
        return None
    told = tuple(
        (target, finding, speaker.finding_words(finding)) for target, finding in found.found
    )
    return CheckedNow(found.change, speaker.confirmation(found), told)


def link_of(explanation: Explanation) -> str:
    """Return the page about the answer: the code's where that has several meanings."""
    if explanation.confidence is Confidence.AMBIGUOUS and explanation.status:
        return f"/codes/{explanation.status}"
    return f"/causes/{explanation.cause}"


def cells(owner: FixItOwner, helpers: tuple[FixItOwner, ...], speaker: Speaker) -> tuple[Cell, ...]:
    """Return the three parties, or none where nobody must act."""
    if owner is FixItOwner.NOBODY:
        return ()
    return tuple(_cells(owner, helpers, speaker))


def _cells(owner: FixItOwner, helpers: tuple[FixItOwner, ...], speaker: Speaker) -> Iterator[Cell]:
    for party, roles in _PARTIES.items():
        helper = next((one for one in helpers if one in roles), None)
        state = "acts" if owner in roles else "helps" if helper else "idle"
        role = owner if owner in roles else helper or roles[0]
        yield Cell(
            party=speaker.notice(f"party.{party}"),
            state=state,
            words=speaker.notice(f"state.{state}"),
            who=capital(speaker.role(role)),
        )


def _meaning(reading: ReadingWords, speaker: Speaker) -> Meaning:
    decides = speaker.condition(reading.decides) if reading.decides else None
    return Meaning(reading.cause, reading.title, capital(reading.owner), decides)


def capital(words: str) -> str:
    """Return the words as a sentence begins."""
    return words[:1].upper() + words[1:]
