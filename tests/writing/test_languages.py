"""Languages are data: the tests hold for every one there is."""

import re
from html import unescape

import pytest

import whybounce
from notices import ORIGINAL, delayed, diagnosed, failed, text_of
from whybounce.catalogue import catalogue
from whybounce.notation import header_fields, original_of
from whybounce.wording import Speaker, UnknownLanguageError
from whybounce.wording.wrapping import columns
from whybounce.writing.languages import choose_language

LANGUAGES = sorted(catalogue().frames)
UNTRANSLATED = "550 5.7.20 No passing DKIM signature"


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        (None, "", "en"),
        ("de", "Accept-Language: fr", "de"),
        (None, "Accept-Language: fr-CA, de;q=0.5", "fr"),
        (None, "Accept-Language: nl;q=0.1, de;q=0.8", "de"),
        (None, "Accept-Language: de;q=0, fr", "fr"),
        (None, "Accept-Language: tlh\r\nContent-Language: de-AT", "de"),
        (None, "Accept-Language: pt-BR, pt;q=0.9, en;q=0.8", "pt"),
        (None, "Accept-Language: zh-CN, zh;q=0.9", "en"),
        (None, "Accept-Language: zh-Hant-TW;q=0.9, de-CH;q=0.4", "de"),
        ("de-AT", "", "de"),
        ("PT-br", "Accept-Language: fr", "pt"),
        (None, "Accept-Language: ;;;,\r\nContent-Language: ", "en"),
    ],
)
def test_the_account_then_the_original_then_english(wanted, header, language):
    """The order in which a language is chosen."""
    original = original_of(header_fields(header))

    assert choose_language(wanted, original, {"en", "de", "fr", "pt"}) == language


def test_an_unknown_language_names_those_there_are():
    """Nothing is written in a language that has no words."""
    with pytest.raises(UnknownLanguageError, match="tlh"):
        whybounce.write(diagnosed(failed()), original=ORIGINAL, language="tlh")


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


@pytest.mark.parametrize("style", ["modern", "classic"])
def test_what_is_said_in_english_is_marked_as_english(style):
    """A cause without a translation is read aloud in its own language, from left to right."""
    report = failed(reply=UNTRANSLATED)
    notice = whybounce.write(diagnosed(report), original=ORIGINAL, language="ar", style=style)

    assert 'lang="en" dir="ltr"' in text_of(notice, "html")
    assert "عنوان" not in text_of(notice, "html").partition('lang="en"')[2].partition("</p>")[0]


def test_an_english_cause_says_what_it_does_not_know_in_english():
    """No German words stand inside an English sentence."""
    explanation = whybounce.explain(UNTRANSLATED)

    assert "die Domain" not in whybounce.words(explanation, "de").what
    assert "the recipient's" in whybounce.words(explanation, "de").what


def test_values_keep_their_direction_in_arabic():
    """Addresses and dates are isolated, so that their parts do not change places."""
    text = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL, language="ar"))
    headline = catalogue().frames["ar"]["notice.headline.failure"]

    assert headline.replace("{recipient}", "\u2068anna@example.org\u2069") in text
    assert "\u2068" not in text_of(
        whybounce.write(diagnosed(failed()), original=ORIGINAL, language="fr")
    )


def test_a_subject_from_right_to_left_does_not_turn_the_line_around():
    """Neither in the text nor on the page, whose line takes the page's direction."""
    original = ORIGINAL.replace(b"Quarterly numbers", "שלום".encode())
    notice = whybounce.write(diagnosed(failed()), original=original)

    assert "“\u2068שלום\u2069”, sent" in text_of(notice)
    assert re.search(r"<p(?![^>]* dir=)[^>]*>“\u2068שלום", unescape(text_of(notice, "html")))


def test_values_stand_beside_their_names_in_arabic():
    """A cell has the page's direction; what stands in it has its own."""
    html = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL, language="ar"), "html")

    assert not re.search(r"<(?:td|li)[^>]* dir=\"auto\"", html.partition("<h2 class")[0])
    assert re.search(r'<td[^>]*><span dir="auto">mx\.example\.org', html)


def test_a_sentence_of_a_language_from_right_to_left_begins_in_it():
    """A line's direction is that of its first letter, so no value stands there."""
    rightward = {frame["direction"]: frame for frame in catalogue().frames.values()}["rtl"]
    led_by_a_value = {
        key
        for key, sentence in rightward.items()
        if sentence.lstrip("“«(").startswith("{") and len(sentence.split()) > 2
    }

    assert led_by_a_value <= {key for key in rightward if key.startswith("span.")}


def test_a_title_that_only_says_ambiguous_is_marked_in_the_notices_language():
    """It is no word of the cause's."""
    report = failed(reply="550 5.7.1")
    page = text_of(whybounce.write(diagnosed(report), original=ORIGINAL, language="de"), "html")
    title = page.partition("<h2")[2].partition("</h2>")[0]

    assert "Der Code hat mehrere Bedeutungen" in title
    assert "lang=" not in title


def test_where_nothing_names_a_language_the_usual_one_is_taken():
    """An organisation's, where it has one."""
    assert choose_language(None, None, {"en", "fr"}, "fr") == "fr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_heading_is_no_wider_than_the_text_and_its_underline_as_wide_as_it(language):
    """Some titles are longer than a line, in some languages most."""
    report = failed(reply="451 4.7.1 Greylisted, try again later")
    lines = text_of(whybounce.write(diagnosed(report), original=ORIGINAL, language=language)).split(
        "\n"
    )
    title = Speaker(catalogue(), language).cause_words("greylisted").title
    begin = next(at for at, line in enumerate(lines) if line and title.startswith(line))
    underline = next(line for line in lines[begin:] if set(line) == {"-"})
    heading = lines[begin : lines.index(underline, begin)]

    assert "".join(heading).replace(" ", "") == title.replace(" ", "")
    assert len(underline) == max(map(columns, heading)) <= 72
