"""What the package's functions are given: what is natural is taken, the rest is refused in a sentence.

An option has one name and one meaning in all of them, so a table says what each is.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from types import NoneType

from whybounce.notation.verp import VerpPattern
from whybounce.vocabulary.finding import Finding
from whybounce.vocabulary.outcome import Outcome

UTF_8 = BOM_UTF8
UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class _Option:
    """What an option is, in words, and whether something is that."""

    words: str
    fits: Callable[[object], bool]


def _a(words: str, *kinds: type) -> _Option:
    return _Option(words, lambda given: isinstance(given, kinds))


def _several(words: str, kind: type) -> _Option:
    """Return an option of several; a single text is none, though Python takes it for its letters."""
    return _Option(
        words,
        lambda given: (
            isinstance(given, Collection)
            and not isinstance(given, str)
            and all(isinstance(each, kind) for each in given)
        ),
    )


def _with(words: str, method: str) -> _Option:
    """Return an option of a type that is not imported yet, known by its method."""
    return _Option(words, lambda given: given is None or callable(getattr(given, method, None)))


_TEXT = _a("a text (str)", str)
_TEXT_OR_NONE = _a("a text (str)", str, NoneType)
_YES_OR_NO = _a("True or False", bool)
_MOMENT_OR_NONE = _a("a datetime", datetime, NoneType)
_TEXTS = _several("a list or tuple of texts (str)", str)
_CALL_OR_NONE = _Option("a function", lambda given: given is None or callable(given))

OPTIONS: Mapping[str, _Option] = {
    "findings": _several("a list or tuple of Findings, as check returns them", Finding),
    "verp": _a("a VerpPattern, as VerpPattern.parse returns it", VerpPattern, NoneType),
    "language": _TEXT_OR_NONE,
    # Of notices.
    "style": _TEXT,
    "audience": _TEXT,
    "generator": _TEXT_OR_NONE,
    "organisation": _TEXT_OR_NONE,
    "contact": _TEXT_OR_NONE,
    "help_base": _TEXT_OR_NONE,
    "cause_links": _Option(
        "a dict of causes and their links, both texts (str)",
        lambda given: (
            given is None
            or (
                isinstance(given, Mapping)
                and all(isinstance(each, str) for row in given.items() for each in row)
            )
        ),
    ),
    "own_words": _a("a folder's path (Path or str)", PurePath, str, NoneType),
    "from_address": _TEXT_OR_NONE,
    "to": _TEXT_OR_NONE,
    "date": _MOMENT_OR_NONE,
    "message_id": _TEXT_OR_NONE,
    "returns": _TEXT_OR_NONE,
    "return_limit": _a("a number of octets (int)", int),
    "eight_bit": _YES_OR_NO,
    "smtputf8": _a("True, False or None", bool, NoneType),
    "internal_hosts": _TEXTS,
    "by": _TEXT,
    "ours": _YES_OR_NO,
    # Of live checks.
    "resolver": _with("a Resolver of whybounce.checking.lookups", "records"),
    "selectors": _TEXTS,
    "block_lists": _TEXTS,
    "seconds": _a("a number of seconds", int, float),
    "reach": _with("a Reach of whybounce.checking.mail_servers", "allows"),
    "told": _CALL_OR_NONE,
    "ask": _CALL_OR_NONE,
    "only": _Option(
        "a list, tuple or set of CheckNames",
        # A CheckName is a text, and equal to it.
        lambda given: given is None or _TEXTS.fits(given),
    ),
    "client": _TEXT,
    "now": _MOMENT_OR_NONE,
    "at": _a("a datetime", datetime),
}


def demand_options(function: str, given: Mapping[str, object]) -> None:
    """Let options pass that are what they are to be, and whatever is no option.

    Raises:
        TypeError: One is of another type; names it and says what the function takes.

    """
    for name, value in given.items():
        option = OPTIONS.get(name)
        if option is not None and not option.fits(value):
            raise _another_type(value, NoneType, function, f"{name}= as {option.words}")


def demand(given: object, kind: type, function: str, wanted: str) -> None:
    """Let what is of the kind pass.

    Raises:
        TypeError: It is of another; says what the function takes.

    """
    if not isinstance(given, kind):
        raise _another_type(given, kind, function, wanted)


def octets(given: object, function: str, wanted: str) -> bytes:
    """Return the bytes, whatever holds them, without a mark of encoding.

    Raises:
        TypeError: Nothing does; says what the function takes.

    """
    if isinstance(given, bytes):
        return without_mark(given)
    if isinstance(given, bytearray | memoryview):
        return without_mark(bytes(given))
    raise _another_type(given, bytes, function, wanted)


def without_mark(raw: bytes) -> bytes:
    """Return what stands behind the mark of encoding, in UTF-8; bytes without a mark as they are.

    PowerShell and Windows' editor put it before a file's text. A mail has none.
    """
    if raw.startswith(UTF_16):
        return raw.decode("utf-16", "replace").encode("utf-8", "replace")
    return raw.removeprefix(UTF_8)


def _another_type(given: object, kind: type, function: str, wanted: str) -> TypeError:
    hint = ""
    if isinstance(given, PurePath) and kind is not NoneType:
        hint = "; Path.read_bytes() gives what stands in the file"
    elif isinstance(given, str) and kind is bytes:
        hint = "; a text that is no mail is for explain and diagnose"
    elif isinstance(given, bytes) and kind is Outcome:
        hint = "; a mail is for read and diagnose"
    return TypeError(f"{function} takes {wanted}, not {_told(given)}{hint}")


def _told(given: object) -> str:
    """Return what was given, by its type; of several, by what is in it."""
    name = type(given).__name__
    if isinstance(given, Mapping):
        within = {type(each).__name__ for row in given.items() for each in row}
    elif isinstance(given, list | tuple | set | frozenset):
        within = {type(each).__name__ for each in given}
    else:
        return name
    return f"{name} of {', '.join(sorted(within))}" if within else name
