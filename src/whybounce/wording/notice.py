"""The sentences of a notice in one language: what stands around the causes' own words."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from whybounce.catalogue import Catalogue
from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.note import Note, NoteWords
from whybounce.vocabulary.status_code import StatusCode
from whybounce.vocabulary.words import ReadingWords, Steps, Words
from whybounce.wording.direction import setter
from whybounce.wording.filling import printable
from whybounce.wording.notes import span
from whybounce.wording.speaker import Speaker

_PREFIX = "notice."
_PLACEHOLDER = re.compile(r"\{([a-z]{1,20})\}")
_ENGLISH = "en"
_NAMED = 3  # So many names stand in a sentence; the others are counted.


class NoticeSpeaker:
    """Says what a notice says. Build one for each language and keep it; it does not change."""

    def __init__(self, catalogue: Catalogue, language: str) -> None:
        self._speaker = Speaker(catalogue, language)
        frame = {**catalogue.frames[_ENGLISH], **catalogue.frames[language]}
        own = {
            key.removeprefix(_PREFIX): sentence
            for key, sentence in frame.items()
            if key.startswith(_PREFIX)
        }
        # The headings that every answer has, where a notice has no words of its own for them.
        shared = {key: words for key, words in frame.items() if key.startswith("heading.")}
        self.frame = shared | own
        # Literals at even places, the names of values at odd ones.
        self._pieces = {key: _PLACEHOLDER.split(sentence) for key, sentence in self.frame.items()}
        self._and = frame["and"]
        self._comma = frame["comma"]
        self._in_english = NoticeSpeaker(catalogue, _ENGLISH) if language != _ENGLISH else self
        self._units = {
            key.removeprefix("span."): unit
            for key, unit in frame.items()
            if key.startswith("span.")
        }
        self._registered = {(row.subject, row.detail): row for row in catalogue.registry}
        self._causes = catalogue.causes
        self.language = language
        self.direction = frame["direction"]
        self._set_in = setter(self.direction)

    def say(self, key: str, **values: str) -> str:
        """Return the frame's sentence with the values in it.

        Raises:
            KeyError: A value that the sentence needs is not given.

        """
        pieces = self._pieces[key]
        if len(pieces) == 1:
            return pieces[0]
        if not any(pieces[::2]):
            return "".join(values[piece] for piece in pieces[1::2])  # Nothing stands around it.
        return "".join(
            self._set_in(values[piece]) if place % 2 else piece
            for place, piece in enumerate(pieces)
        )

    def words(self, explanations: Sequence[Explanation]) -> Words:
        """Return what is said about recipients that share a cause, said once.

        Prose names them together ("anna@example.org and 4 more"); commands take the first one,
        for only a single valid value may stand in a command.
        """
        first = self._speaker.words(explanations[0])
        if len(explanations) == 1:
            return first
        together = self._speaker.words(
            replace(explanations[0], parameters=self._joined_parameters(explanations))
        )
        return _merged(together, first)

    def joined(self, names: Iterable[str]) -> str:
        """Return the names as one phrase: all of them where they are few, else some and a count."""
        known = list(dict.fromkeys(names))
        if len(known) == 1:
            return known[0]
        if len(known) <= _NAMED:
            return self._and.join((self._comma.join(known[:-1]), *known[-1:]))
        return f"{known[0]} {self.say('more', count=str(len(known) - 1))}"

    def title(self, cause: str) -> str:
        """Return the cause's own title."""
        return self._speaker.cause_words(cause).title

    def language_of(self, cause: str) -> str:
        """Return the language the cause's own words are in: this one, or English."""
        return self._speaker.language_of(cause)

    def code_name(self, status: StatusCode | None, cause: str) -> str | None:
        """Return IANA's name of the code's subject and detail, if it has one.

        None too where the code stands for the cause without being IANA's code for it: some systems say
        5.1.10 for an address that does not exist, and IANA calls that "Recipient address has null MX".
        """
        row = self._registered.get((status.subject, status.detail)) if status else None
        if row is None or status is None:
            return None
        is_theirs = row.cause != cause and any(status in one for one in self._causes[cause].codes)
        return None if is_theirs else row.name

    def confidence(self, confidence: Confidence) -> str:
        """Return how sure an explanation is."""
        return self._speaker.confidence(confidence)

    def note(self, note: Note) -> NoteWords:
        """Return what is noted, with the evidence for it."""
        return self._speaker.note_words(note)

    def span(self, seconds: float) -> str:
        """Return so much time in its two largest units: ``2 min 5 s``."""
        return span(timedelta(seconds=seconds), self._units)

    def reading(self, reading: ReadingWords) -> str:
        """Return another thing the reply can mean, as one sentence or two."""
        decides = f" {self._speaker.condition(reading.decides)}" if reading.decides else ""
        return f"{reading.title} ({reading.owner}).{decides}"

    def _joined_parameters(self, explanations: Sequence[Explanation]) -> dict[str, str]:
        names = dict.fromkeys(name for one in explanations for name in one.parameters)
        # They stand among the cause's own words.
        own = self.language_of(explanations[0].cause) == self.language
        speaker = self if own else self._in_english
        return {
            name: speaker.joined(
                printable(one.parameters[name]) for one in explanations if name in one.parameters
            )
            for name in names
        }


def _merged(together: Words, first: Words) -> Words:
    """Return the words about all, their commands filled in for the first."""
    return replace(
        together,
        what=_with_commands(together.what, first.what),
        tell=_with_commands(together.tell, first.tell),
        steps=tuple(
            Steps(
                about_all.role,
                about_all.heading,
                tuple(map(_with_commands, about_all.sentences, about_first.sentences)),
            )
            for about_all, about_first in zip(together.steps, first.steps, strict=True)
        ),
    )


def _with_commands(prose: str, commands: str) -> str:
    """Return the first sentence with what stands between backticks taken from the second."""
    parts, others = prose.split("`"), commands.split("`")
    if len(parts) != len(others):
        return prose
    parts[1::2] = others[1::2]
    return "`".join(parts)
