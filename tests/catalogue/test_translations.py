"""A cause in another language says the same, to the same people, with the same commands."""

import re
import unicodedata

import pytest

from whybounce.catalogue import catalogue
from whybounce.vocabulary.cause import CauseWords

KNOWN = catalogue()
TRANSLATED = [
    (language, cause) for language, causes in KNOWN.translations.items() for cause in causes
]
COMMAND = re.compile(r"`[^`]*`")
PLACEHOLDER = re.compile(r"{\w+}")


def _sentences(words: CauseWords) -> dict[str, str]:
    steps = {
        f"steps.{owner} {number}": step
        for owner, steps in words.steps.items()
        for number, step in enumerate(steps, 1)
    }
    return {"title": words.title, "what": words.what, "tell": words.tell, **steps}


@pytest.mark.parametrize(("language", "cause"), TRANSLATED)
def test_a_translation_has_the_sentences_of_the_english(language, cause):
    """The same steps for the same people, and none of it still in English."""
    english = _sentences(KNOWN.causes[cause].words)
    translated = _sentences(KNOWN.translations[language][cause])

    assert translated.keys() == english.keys()
    assert not {where for where in english if english[where] == translated[where]}


@pytest.mark.parametrize(("language", "cause"), TRANSLATED)
def test_a_translation_has_the_values_and_commands_of_the_english(language, cause):
    """What is copied into a shell or a record is no prose; what is filled in stands in each."""
    english = _sentences(KNOWN.causes[cause].words)
    translated = _sentences(KNOWN.translations[language][cause])

    for where, sentence in english.items():
        other = translated[where]
        assert sorted(COMMAND.findall(other)) == sorted(COMMAND.findall(sentence)), where
        assert set(PLACEHOLDER.findall(COMMAND.sub("", other))) == set(
            PLACEHOLDER.findall(COMMAND.sub("", sentence))
        ), where


@pytest.mark.parametrize(
    ("language", "cause"),
    [each for each in TRANSLATED if KNOWN.frames[each[0]]["direction"] == "rtl"],
)
def test_a_sentence_from_right_to_left_begins_with_a_letter_of_its_language(language, cause):
    """A line takes its direction from its first letter."""
    for where, sentence in _sentences(KNOWN.translations[language][cause]).items():
        first = next(letter for letter in sentence if letter.isalpha() or letter in "{`")
        assert unicodedata.bidirectional(first) in {"R", "AL"}, (where, sentence)
