"""An operator's own words laid over the catalogue's: sentences, causes, a contact, links.

``operator.toml``         ``contact``, and ``[links]`` with a link for each cause
``<language>/frame.toml``, ``notice.toml``, ``notes.toml``  sentences to be said in another way
``<language>/causes/<id>.toml``  title, what, tell, steps: those that are to be other

The names are those of ``words/``, and every file and key may be left out. A name that nothing
knows is an error: a mistyped key must not be silence.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from whybounce.catalogue.errors import CatalogueError, UnknownCauseError
from whybounce.catalogue.files import OperatorFile, OverlaidCauseFile, OverlaidNotesFile
from whybounce.catalogue.loader import Catalogue, named, shaped
from whybounce.vocabulary.cause import CauseWords

_ENGLISH = "en"
_OPERATOR = "operator.toml"
_LINK = re.compile(r"https?://[^\s\"'<>`\\]{1,500}")
_PLACEHOLDER = re.compile(r"{(\w+)}")
_NOTES_ONLY = {"generator", "signer"}  # Notes are about them; causes know no such thing.


@dataclass(frozen=True, slots=True)
class Overlay:
    """The catalogue as the operator wants it said, and what is told beside it."""

    catalogue: Catalogue
    contact: str | None  # Whom the reader can ask.
    links: Mapping[str, str]  # Cause → a page of the operator's about it.


def load_overlay(folder: Path, catalogue: Catalogue) -> Overlay:
    """Return the catalogue with the folder's words in place of its own.

    Raises:
        CatalogueError: A file cannot be used; names it, the key, and what is needed.

    """
    if not folder.is_dir():
        raise CatalogueError(str(folder), "the folder", "there is no such folder")
    operator = OperatorFile()
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.name == _OPERATOR:
            operator = shaped(path, OperatorFile)
        elif path.is_dir() and path.name in catalogue.frames:
            catalogue = _with_language(path, catalogue)
        else:
            languages = ", ".join(sorted(catalogue.frames))
            expected = f"is neither {_OPERATOR} nor a language's folder; these are: {languages}"
            raise CatalogueError(str(folder), path.name, expected)
    for cause, link in operator.links.items():
        _check_link(cause, link, catalogue)
    return Overlay(catalogue, operator.contact, operator.links)


def _check_link(cause: str, link: str, catalogue: Catalogue) -> None:
    if cause not in catalogue.causes:
        raise UnknownCauseError(_OPERATOR, "links", cause)
    if not _LINK.fullmatch(link):
        expected = f"{link!r} is not a link such as https://help.example.com/{cause}"
        raise CatalogueError(_OPERATOR, f"links, {cause}", expected)


def _with_language(folder: Path, catalogue: Catalogue) -> Catalogue:
    for path in sorted(folder.iterdir()):
        if path.name in _SENTENCES:
            catalogue = _with_sentences(path, catalogue)
        elif path.name == "causes" and path.is_dir():
            for cause in sorted(path.glob("*.toml")):
                catalogue = _with_cause(cause, folder.name, catalogue)
        elif not path.name.startswith("."):
            expected = f"is none of {', '.join((*_SENTENCES, 'causes/'))}"
            raise CatalogueError(f"{folder.name}/", path.name, expected)
    return catalogue


def _with_sentences(path: Path, catalogue: Catalogue) -> Catalogue:
    language, english = path.parent.name, catalogue.frames[_ENGLISH]
    said = dict(_SENTENCES[path.name](path))
    for key, sentence in said.items():
        if key not in english:
            raise CatalogueError(named(path), key, "there is no such sentence to be changed")
        _check_placeholders(path, key, sentence, set(_PLACEHOLDER.findall(english[key])))
    if said.get("direction", "ltr") not in {"ltr", "rtl"}:
        raise CatalogueError(named(path), "direction", "is ltr or rtl")
    frame = {**catalogue.frames[language], **said}
    return replace(catalogue, frames={**catalogue.frames, language: frame})


def _frame(path: Path) -> Iterator[tuple[str, str]]:
    yield from shaped(path, dict[str, str]).items()


def _notice(path: Path) -> Iterator[tuple[str, str]]:
    for key, sentence in shaped(path, dict[str, str]).items():
        yield f"notice.{key}", sentence


def _notes(path: Path) -> Iterator[tuple[str, str]]:
    file = shaped(path, OverlaidNotesFile)
    for meaning, sentence in file.meaning.items():
        yield f"meaning.{meaning}", sentence
    for note, table in file.note.items():
        for part, sentence in table.items():
            yield f"note.{note}.{part}", sentence


_SENTENCES: Mapping[str, Callable[[Path], Iterator[tuple[str, str]]]] = {
    "frame.toml": _frame,
    "notice.toml": _notice,
    "notes.toml": _notes,
}


def _with_cause(path: Path, language: str, catalogue: Catalogue) -> Catalogue:
    cause = catalogue.causes.get(path.stem)
    if cause is None:
        raise UnknownCauseError(f"{language}/{named(path)}", "its name", path.stem)
    translated = catalogue.translations.get(language, {})
    known = cause.words if language == _ENGLISH else translated.get(cause.id)
    words = _cause_words(path, known)
    allowed = {
        key.removeprefix("stand-in.")
        for key in catalogue.frames[_ENGLISH]
        if key.startswith("stand-in.")
    } - _NOTES_ONLY
    for key, sentence in (("title", words.title), ("what", words.what), ("tell", words.tell)):
        _check_placeholders(path, key, sentence, allowed)
    for role, sentences in words.steps.items():
        for sentence in sentences:
            _check_placeholders(path, f"steps, {role}", sentence, allowed)
    if language == _ENGLISH:
        return replace(
            catalogue, causes={**catalogue.causes, cause.id: replace(cause, words=words)}
        )
    translations = {**catalogue.translations, language: {**translated, cause.id: words}}
    return replace(catalogue, translations=translations)


def _cause_words(path: Path, known: CauseWords | None) -> CauseWords:
    """Return the file's words; what it leaves out stays as it is known, in the same language."""
    file = shaped(path, OverlaidCauseFile)
    if known is None:
        lacking = [key for key in ("title", "what", "tell", "steps") if not getattr(file, key)]
        if lacking:
            expected = (
                "is needed: the cause has no words in this language yet, so the file says them all"
            )
            raise CatalogueError(named(path), lacking[0], expected)
        known = CauseWords("", "", "", {})
    return CauseWords(
        file.title or known.title,
        (file.what or known.what).strip(),
        (file.tell or known.tell).strip(),
        {**known.steps, **file.steps},
    )


def _check_placeholders(path: Path, key: str, sentence: str, allowed: set[str]) -> None:
    prose = "".join(sentence.split("`")[::2])  # A command has braces of its own.
    for name in _PLACEHOLDER.findall(prose):
        if name not in allowed:
            known = ", ".join(f"{{{one}}}" for one in sorted(allowed)) or "none"
            raise CatalogueError(
                named(path), key, f"{{{name}}} is not filled in here; what is: {known}"
            )
    if sentence.count("`") % 2:
        raise CatalogueError(named(path), key, "a backtick that begins a command has no end")
