"""The ``--lang`` option."""

from difflib import get_close_matches

from whybounce.catalogue import catalogue
from whybounce.cli.refusal import Refusal
from whybounce.wording import Speaker, UnknownLanguageError

HELP = (
    "Language of the answer: ar (Arabic), de (German), en (English), es (Spanish), fr (French), "
    "it (Italian), ja (Japanese), nl (Dutch), pt (Portuguese)."
)


def speaker(language: str) -> Speaker:
    """Return the speaker of that language.

    Raises:
        Refusal: There are no words in it; names the languages there are.

    """
    try:
        return Speaker(catalogue(), language)
    except UnknownLanguageError as error:
        near = get_close_matches(language, error.languages, n=1)
        hint = f" Did you mean --lang {near[0]}?" if near else ""
        languages = ", ".join(error.languages)
        raise Refusal(
            f"--lang {language}: no such language; there is: {languages}.{hint}"
        ) from error


def wanted(language: str | None) -> None:
    """Refuse a language that a notice cannot be written in; de-AT is written in German."""
    from whybounce.writing.languages import choose_language  # noqa: PLC0415  # for who writes

    if language is not None:
        speaker(choose_language(language, None, catalogue().frames))
