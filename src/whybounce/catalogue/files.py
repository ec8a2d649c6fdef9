"""The shapes of the catalogue's TOML files, as contributors write them.

One class a kind of file; the keys are the fields with hyphens. ``loader`` turns them into
the nouns of ``vocabulary``.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from whybounce.vocabulary.cause import Again, CheckName, Reason, Suppress, VerdictKind
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.note import NoteId, NoteMeaning

Sentence = Annotated[str, Meta(min_length=3)]
ReplyCode = Annotated[int, Meta(ge=200, le=599)]


class _File(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table whose unknown keys are errors: a mistyped key must not be silence."""


class ReplyFormTable(_File, frozen=True):
    """``[[reply]]`` in a cause's file."""

    verdict: VerdictKind
    code: ReplyCode
    status: str
    text: Sentence


class CauseFile(_File, frozen=True):
    """``causes/<id>.toml``."""

    title: Sentence
    codes: tuple[str, ...]
    owner: FixItOwner
    helpers: tuple[FixItOwner, ...]
    reason: Reason
    suppress: Suppress
    again: Again | dict[str, Again]
    what: Sentence
    tell: Sentence
    checks: tuple[CheckName, ...]
    raised_by: tuple[str, ...]
    seeds: tuple[str, ...]
    source: Sentence
    steps: dict[FixItOwner, tuple[Sentence, ...]]
    reply: tuple[ReplyFormTable, ...] = ()


class ReplyRuleTable(_File, frozen=True):
    """``[[reply]]`` in a mail system's file."""

    id: Sentence
    pattern: Sentence
    cause: str
    seen: Annotated[tuple[Sentence, ...], Meta(min_length=1)]
    not_seen: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    commands: tuple[Literal["greeting", "EHLO", "HELO", "MAIL", "RCPT", "DATA"], ...] = ()
    weight: Annotated[int, Meta(ge=1)] | None = None  # Where the words say less than they are long.


class RepliesFile(_File, frozen=True):
    """``replies/<system>.toml``."""

    system: Sentence
    reply: tuple[ReplyRuleTable, ...]


class RegisteredCodeTable(_File, frozen=True):
    """``[[code]]`` in ``codes/iana.toml``."""

    code: str
    name: str
    cause: str


class RegistryFile(_File, frozen=True):
    """``codes/iana.toml``."""

    code: tuple[RegisteredCodeTable, ...]


class ReadingTable(_File, frozen=True):
    """``[[collision.reading]]``."""

    cause: str
    decides: Sentence


class CollisionTable(_File, frozen=True):
    """``[[collision]]`` in ``codes/collisions.toml``."""

    code: str
    reading: Annotated[tuple[ReadingTable, ...], Meta(min_length=2)]


class CollisionsFile(_File, frozen=True):
    """``codes/collisions.toml``."""

    collision: tuple[CollisionTable, ...]


class TranslationFile(_File, frozen=True):
    """``words/<language>/causes/<id>.toml``."""

    title: Sentence
    what: Sentence
    tell: Sentence
    steps: dict[FixItOwner, tuple[Sentence, ...]]


class NoteTable(_File, frozen=True):
    """``[note.<id>]`` in ``words/<language>/notes.toml``."""

    what: Sentence
    because: Sentence


class NotesFile(_File, frozen=True):
    """``words/<language>/notes.toml``."""

    note: dict[NoteId, NoteTable]
    meaning: dict[NoteMeaning, Sentence]


class ResultTable(_File, frozen=True):
    """``[<check>.result.<result>]`` in ``words/<language>/checks.toml``."""

    what: Sentence
    steps: tuple[Sentence, ...] = ()


class CheckTable(_File, frozen=True):
    """``[<check>]`` in ``words/<language>/checks.toml``."""

    question: Sentence
    result: dict[str, ResultTable]


class OverlaidCauseFile(_File, frozen=True):
    """``<language>/causes/<id>.toml`` in an operator's folder: what is to be other."""

    title: Sentence | None = None
    what: Sentence | None = None
    tell: Sentence | None = None
    steps: dict[FixItOwner, Annotated[tuple[Sentence, ...], Meta(min_length=1)]] = {}


class OverlaidNotesFile(_File, frozen=True):
    """``<language>/notes.toml`` in an operator's folder."""

    note: dict[NoteId, dict[Literal["what", "because"], Sentence]] = {}
    meaning: dict[NoteMeaning, Sentence] = {}


class OperatorFile(_File, frozen=True):
    """``operator.toml`` in an operator's folder."""

    contact: Sentence | None = None
    links: dict[str, str] = {}
