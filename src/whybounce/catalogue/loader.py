"""The one loader: TOML files in, a Catalogue out, or an error that names file, key and need."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from whybounce.catalogue.errors import CatalogueError, UnknownCauseError
from whybounce.catalogue.files import (
    CauseFile,
    CheckTable,
    CollisionsFile,
    NotesFile,
    RegistryFile,
    RepliesFile,
    ReplyRuleTable,
    TranslationFile,
)
from whybounce.catalogue.pattern import Holders, PatternError, demands, holders
from whybounce.vocabulary.cause import (
    Again,
    Cause,
    CauseWords,
    CheckName,
    CodeRange,
    CodeReading,
    Collision,
    RegisteredCode,
    ReplyForm,
    ReplyRule,
)
from whybounce.vocabulary.finding import CheckWords, ResultWords
from whybounce.vocabulary.status_code import StatusCode

_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")

_F = TypeVar("_F")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is known about why mail is not delivered."""

    causes: Mapping[str, Cause]
    rules: tuple[ReplyRule, ...]
    registry: tuple[RegisteredCode, ...]
    collisions: tuple[Collision, ...]
    frames: Mapping[str, Mapping[str, str]]  # Language → key → frame sentence.
    translations: Mapping[str, Mapping[str, CauseWords]]  # Language but English → cause → words.
    checks: Mapping[str, Mapping[CheckName, CheckWords]]  # Language → check → words.


def load_catalogue(folder: Path) -> Catalogue:
    """Read the catalogue's folder: causes, replies, codes and words.

    Raises:
        CatalogueError: A file is malformed, or two files contradict each other.

    """
    causes = {path.stem: _cause(path) for path in _files(folder / "causes")}
    replies = {path: shaped(path, RepliesFile) for path in _files(folder / "replies")}
    known = holders(
        reply for file in replies.values() for table in file.reply for reply in table.seen
    )
    catalogue = Catalogue(
        causes=causes,
        rules=(*_rules(replies, known), *_own_rules(causes, known)),
        registry=_registry(folder / "codes" / "iana.toml"),
        collisions=_collisions(folder / "codes" / "collisions.toml"),
        frames={language.name: _frame(language) for language in _languages(folder)},
        translations={
            language.name: {path.stem: _translation(path) for path in _files(language / "causes")}
            for language in _languages(folder)
            if language.name != "en"
        },
        checks={language.name: _checks(language) for language in _languages(folder)},
    )
    _check_agreement(catalogue)
    return catalogue


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))


def _languages(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "words").iterdir() if path.is_dir())


def named(path: Path) -> str:
    """Return the file as a contributor knows it: ``causes/mailbox-full.toml``."""
    return f"{path.parent.name}/{path.name}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(named(path), "not TOML", str(error)) from error
    except OSError as error:
        raise CatalogueError(named(path), "cannot be read", str(error.strerror)) from error


def shaped(path: Path, shape: type[_F]) -> _F:
    """Return the file's content.

    Raises:
        CatalogueError: It is not TOML, or has another shape.

    """
    content = _read(path)
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        raise CatalogueError(named(path), _place(where.strip("`"), content), what) from error


def _place(where: str, content: dict[str, Any]) -> str:
    """Return msgspec's path as a contributor finds it: a table by its id, not by its number."""
    numbered = re.match(r"\$\.(\w+)\[(\d+)\]\.?(.*)", where)
    if numbered is None:
        return where.removeprefix("$.") or "the file"
    table, number, key = numbered.groups()
    row = content[table][int(number)]
    name = row.get("id") or row.get("code") if isinstance(row, dict) else None
    return ", ".join(filter(None, (f"{table} {name!r}" if name else where, key)))


def _status(path: Path, where: str, written: str) -> StatusCode:
    code = StatusCode.parse(written)
    if code is None:
        raise CatalogueError(named(path), where, f"{written!r} is not a status code such as 5.7.1")
    return code


def _range(path: Path, written: str) -> CodeRange:
    first, dash, last = written.partition("-")
    low = _status(path, "codes", first)
    if not dash:
        return CodeRange(low, low)
    high = StatusCode.parse(f"{low.class_}.{low.subject}.{last}")
    if high is None or high <= low:
        raise CatalogueError(
            named(path), "codes", f"{written!r} is not a range such as 5.7.606-649"
        )
    return CodeRange(low, high)


def _again(path: Path, written: Again | dict[str, Again]) -> dict[int, Again]:
    if isinstance(written, Again):
        return {4: written, 5: written}
    if set(written) != {"4", "5"}:
        raise CatalogueError(
            named(path), "again", "wants one word, or one for each class: {4 = …, 5 = …}"
        )
    return {int(class_): again for class_, again in written.items()}


def _cause(path: Path) -> Cause:
    file = shaped(path, CauseFile)
    return Cause(
        id=path.stem,
        words=CauseWords(file.title, file.what.strip(), file.tell.strip(), file.steps),
        codes=tuple(_range(path, written) for written in file.codes),
        owner=file.owner,
        helpers=file.helpers,
        reason=file.reason,
        suppress=file.suppress,
        again=_again(path, file.again),
        checks=file.checks,
        raised_by=file.raised_by,
        seeds=file.seeds,
        source=file.source,
        replies=tuple(
            ReplyForm(form.verdict, form.code, _status(path, "reply", form.status), form.text)
            for form in file.reply
        ),
    )


def _rules(replies: Mapping[Path, RepliesFile], known: Holders) -> Iterator[ReplyRule]:
    for path, file in replies.items():
        for table in file.reply:
            yield _rule(path, file.system, table, known)


def _rule(path: Path, system: str, table: ReplyRuleTable, known: Holders) -> ReplyRule:
    try:
        words, literal, weight = demands(table.pattern, known)
    except PatternError as error:
        raise CatalogueError(named(path), f"reply {table.id!r}, pattern", str(error)) from error
    return ReplyRule(
        id=table.id,
        system=system,
        pattern=table.pattern,
        cause=table.cause,
        hosts=table.hosts,
        commands=table.commands,
        seen=table.seen,
        not_seen=table.not_seen,
        words=words,
        literal=literal,
        weight=table.weight or weight,
    )


def _own_rules(causes: Mapping[str, Cause], known: Holders) -> Iterator[ReplyRule]:
    """Yield a rule for each sentence of our own gateway, so that it is read as what it was said for."""
    for cause in causes.values():
        for number, text in enumerate(dict.fromkeys(form.text for form in cause.replies), start=1):
            pieces = map(re.escape, _PLACEHOLDER.split(text.lower()))
            pattern = ".{0,80}".join(pieces)
            words, literal, weight = demands(pattern, known)
            yield ReplyRule(
                id=f"own-{cause.id}-{number}",
                system="Whybounce",
                pattern=pattern,
                cause=cause.id,
                hosts=(),
                commands=(),
                seen=tuple(
                    f"{form.code} {form.status} {_PLACEHOLDER.sub('it', text)}"
                    for form in cause.replies
                    if form.text == text
                ),
                not_seen=(),
                words=words,
                literal=literal,
                weight=weight,
            )


def _registry(path: Path) -> tuple[RegisteredCode, ...]:
    rows = shaped(path, RegistryFile).code
    codes = []
    for row in rows:
        code = _status(path, "code", row.code.replace("X", "5", 1))
        codes.append(RegisteredCode(code.subject, code.detail, row.name, row.cause))
    return tuple(codes)


def _collisions(path: Path) -> tuple[Collision, ...]:
    return tuple(
        Collision(
            _status(path, "code", table.code),
            tuple(CodeReading(reading.cause, reading.decides) for reading in table.reading),
        )
        for table in shaped(path, CollisionsFile).collision
    )


def _frame(language: Path) -> dict[str, str]:
    """Return a language's sentences by key.

    A note's are ``note.loop.what``, ``meaning.…``; a notice's ``notice.headline.failure``; a page's
    ``web.problem.busy.title``.
    """
    sentences = shaped(language / "frame.toml", dict[str, str])
    for name in ("notice", "web"):
        file = language / f"{name}.toml"
        if file.exists():
            known = shaped(file, dict[str, str])
            sentences |= {f"{name}.{key}": words for key, words in known.items()}
    notes = language / "notes.toml"
    if notes.exists():
        sentences |= _note_sentences(shaped(notes, NotesFile))
    return sentences


def _note_sentences(file: NotesFile) -> dict[str, str]:
    sentences = {f"meaning.{meaning}": words for meaning, words in file.meaning.items()}
    for note, table in file.note.items():
        sentences[f"note.{note}.what"] = table.what
        sentences[f"note.{note}.because"] = table.because
    return sentences


def _checks(language: Path) -> dict[CheckName, CheckWords]:
    """Return what is said about live checks; nothing where the language has no file for them."""
    path = language / "checks.toml"
    tables = shaped(path, dict[CheckName, CheckTable]) if path.exists() else {}
    return {
        check: CheckWords(
            table.question,
            {name: ResultWords(one.what, one.steps) for name, one in table.result.items()},
        )
        for check, table in tables.items()
    }


def _translation(path: Path) -> CauseWords:
    file = shaped(path, TranslationFile)
    return CauseWords(file.title, file.what.strip(), file.tell.strip(), file.steps)


def _check_agreement(catalogue: Catalogue) -> None:
    """Hold the files against each other: every name leads somewhere, no code is claimed twice."""
    causes = catalogue.causes
    pointers = [
        *(("replies", rule.id, rule.cause) for rule in catalogue.rules),
        *(("codes/iana.toml", row.name, row.cause) for row in catalogue.registry),
        *(
            ("codes/collisions.toml", str(collision.code), reading.cause)
            for collision in catalogue.collisions
            for reading in collision.readings
        ),
        *(
            (f"words/{language}/causes", id_, id_)
            for language, words in catalogue.translations.items()
            for id_ in words
        ),
    ]
    for file, where, cause in pointers:
        if cause not in causes:
            raise UnknownCauseError(file, where, cause)
    for id_, times in Counter(rule.id for rule in catalogue.rules).items():
        if times > 1:
            raise CatalogueError(
                "replies", f"reply {id_!r}", "this id stands twice; ids are unique"
            )
    _check_claims(catalogue)


def _check_claims(catalogue: Catalogue) -> None:
    """Hold that a single code which two causes claim is a listed collision that reads as both."""
    listed = {collision.code: collision for collision in catalogue.collisions}
    claims: dict[StatusCode, list[str]] = {}
    for cause in catalogue.causes.values():
        for codes in cause.codes:
            if codes.first == codes.last:
                claims.setdefault(codes.first, []).append(cause.id)
    for code, claimants in claims.items():
        readings = {reading.cause for reading in listed[code].readings} if code in listed else set()
        if len(claimants) > 1 and not readings.issuperset(claimants):
            raise CatalogueError(
                f"causes/{claimants[1]}.toml",
                "codes",
                f"{code} is also claimed by {claimants[0]}; list both readings in codes/collisions.toml",
            )
