"""Languages are data: the tests hold for every one there is."""

import pytest

import whybounce
from notices import ORIGINAL, delayed, diagnosed, failed, text_of
from whybounce.catalogue import catalogue
from whybounce.notation import header_fields, original_of
from whybounce.wording import UnknownLanguageError
from whybounce.writing.languages import choose_language

LANGUAGES = sorted(catalogue().frames)


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        (None, "", "en"),
        ("de", "Accept-Language: fr", "de"),
        (None, "Accept-Language: fr-CA, de;q=0.5", "fr"),
        (None, "Accept-Language: nl;q=0.1, de;q=0.8", "de"),
        (None, "Accept-Language: de;q=0, fr", "fr"),
        (None, "Accept-Language: tlh\r\nContent-Language: de-AT", "de"),
        (None, "Accept-Language: ;;;,\r\nContent-Language: ", "en"),
    ],
)
def test_the_account_then_the_original_then_english(wanted, header, language):
    """The order in which a language is chosen."""
    original = original_of(header_fields(header))

    assert choose_language(wanted, original, {"en", "de", "fr"}) == language


def test_an_unknown_language_names_those_there_are():
    """Nothing is written in a language that has no words."""
    with pytest.raises(UnknownLanguageError, match="tlh"):
        whybounce.write(diagnosed(failed()), original=ORIGINAL, language="tlh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_of_english_stands_in_every_language(language):
    """And no other: what is told is told everywhere."""
    english, frame = catalogue().frames["en"], catalogue().frames[language]
    wanted = {key: _placeholders(words) for key, words in english.items()}

    assert {key: _placeholders(words) for key, words in frame.items()} == wanted


@pytest.mark.parametrize("style", ["modern", "classic"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_is_written_in_every_language(language, style):
    """With its direction, and without a brace left over."""
    notice = whybounce.write(
        diagnosed(failed(), delayed()), original=ORIGINAL, language=language, style=style
    )
    direction = catalogue().frames[language]["direction"]

    assert f'<html lang="{language}" dir="{direction}">' in text_of(notice, "html")
    assert direction in {"ltr", "rtl"}
    assert "{" not in text_of(notice)


def _placeholders(sentence: str) -> set[str]:
    return {piece.partition("}")[0] for piece in sentence.split("{")[1:]}
