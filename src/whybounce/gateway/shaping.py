"""A TOML file against its shape: everything that is wrong with it, one line each, or the nouns in it.

The shapes are msgspec Structs. msgspec stops at the first mistake; whoever writes a configuration
wants to see all of them, so the walk through the tables is here and msgspec converts the values.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from whybounce.gateway.values import Secret

Shape = TypeVar("Shape", bound=msgspec.Struct)
Readers = Mapping[Any, Callable[[object], Any]]

_LONGEST_SHOWN = 80
_NAMES = ("name", "address", "domain")  # What tells one entry of a list from the others.
_MISSING = object()
_CREDENTIALS = re.compile(r"://[^@\s/]*@")


class FaultyFileError(Exception):
    """A file cannot be used. Each line names the file, the place in it, the value, and the need."""

    def __init__(self, file: str, faults: Sequence[str]) -> None:
        super().__init__("\n".join(f"{file}: {fault}" for fault in faults))
        self.file = file
        self.faults = tuple(faults)


@dataclass(slots=True)
class Faults:
    """What is wrong so far."""

    said: list[str] = field(default_factory=list)

    def add(self, place: Sequence[str], what: str) -> None:
        """Note a fault: the place from the outside in, and what is wrong there."""
        self.said.append(f"{', '.join(place) or 'the file'}: {what}")

    def add_value(self, place: Sequence[str], value: object, wanted: str) -> None:
        """Note a value that is not allowed."""
        self.add(place, f"{shown(value)} is not allowed; allowed is {wanted}")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the file's tables.

    Raises:
        FaultyFileError: It cannot be read, or it is not TOML.

    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultyFileError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8: {error.reason} (at line {line})"
        raise FaultyFileError(str(path), [what]) from error
    except tomllib.TOMLDecodeError as error:
        raise FaultyFileError(str(path), [f"is not TOML: {error}"]) from error
    except RecursionError:
        what = "cannot be used: its arrays and tables stand in one another too deeply"
        raise FaultyFileError(str(path), [what]) from None


def shaped(
    content: object,
    shape: type[Shape],
    faults: Faults,
    *,
    place: tuple[str, ...] = (),
    readers: Readers | None = None,
) -> Shape | None:
    """Return the content as the Struct; None, and its faults noted, where that cannot be.

    Args:
        content: What TOML gave.
        shape: A Struct. Its fields are values, Structs, or tuples and dicts of either.
        faults: Where to note what is wrong.
        place: Where in the file the content stands.
        readers: Types that are read by these functions, which raise ValueError, instead of ``parse``.

    """
    found = _Walk(faults, readers or {}).struct(content, shape, place)
    return None if found is _MISSING else found


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk. Every method returns ``_MISSING`` for what was faulty."""

    faults: Faults
    readers: Readers

    def struct(self, content: object, shape: type[msgspec.Struct], place: tuple[str, ...]) -> Any:
        if not isinstance(content, dict):
            self.faults.add_value(place, content, "a table")
            return _MISSING
        fields = {each.encode_name: each for each in msgspec.structs.fields(shape)}
        hints = hints_of(shape)
        unknown = [key for key in content if key not in fields]
        for key in unknown:
            self.faults.add((*place, key), unknown_key(key, fields))
        values = {
            each.name: self.value(content[key], hints[each.name], (*place, key))
            for key, each in fields.items()
            if key in content
        }
        lacking = [key for key, each in fields.items() if each.required and key not in content]
        for key in lacking:
            self.faults.add(place, f"{key} is missing; needed is {wanted(hints[fields[key].name])}")
        if unknown or lacking or any(value is _MISSING for value in values.values()):
            return _MISSING
        return shape(**values)

    def value(self, value: object, kind: Any, place: tuple[str, ...]) -> Any:
        kind = bare(kind)
        origin, arguments = get_origin(kind), get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.struct(value, kind, place)
        if origin is tuple:
            return self._list(value, arguments[0], place)
        if origin is dict:
            return self._table(value, arguments[1], place)
        return self._leaf(value, kind, place)

    def _list(self, value: object, kind: Any, place: tuple[str, ...]) -> Any:
        if not isinstance(value, list):
            self.faults.add_value(place, value, f"a list, each {wanted(kind)}")
            return _MISSING
        items = tuple(
            self.value(item, kind, (*place[:-1], f"{place[-1]} {_label(item, number)}"))
            for number, item in enumerate(value, start=1)
        )
        return _MISSING if any(item is _MISSING for item in items) else items

    def _table(self, value: object, kind: Any, place: tuple[str, ...]) -> Any:
        if not isinstance(value, dict):
            self.faults.add_value(place, value, "a table")
            return _MISSING
        found = {key: self.value(item, kind, (*place, key)) for key, item in value.items()}
        return _MISSING if any(item is _MISSING for item in found.values()) else found

    def _leaf(self, value: object, kind: Any, place: tuple[str, ...]) -> Any:
        try:
            if kind in self.readers:
                return self.readers[kind](value)
            if hasattr(kind, "parse"):
                return kind.parse(value)
            return msgspec.convert(value, kind)
        except FileNotFoundError as error:
            self.faults.add(place, f"{shown(value)} cannot be read: {error.strerror}")
        except (ValueError, msgspec.ValidationError):
            self.faults.add_value(place, "…" if kind is Secret else value, wanted(kind))
        return _MISSING


def hints_of(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields' types, with what is annotated."""
    return get_type_hints(shape, include_extras=True)


def bare(kind: Any) -> Any:
    """Return the type without annotations of ours and without None, which TOML cannot say."""
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        bounds = [note for note in notes if isinstance(note, msgspec.Meta) and _bounds(note)]
        return Annotated[bare(inner), bounds[0]] if bounds else bare(inner)
    if get_origin(kind) in {Union, UnionType}:
        rest = [each for each in get_args(kind) if each is not NoneType]
        return bare(rest[0]) if len(rest) == 1 else kind
    return kind


def wanted(kind: Any) -> str:
    """Return in words what a value of the type may be."""
    kind = bare(kind)
    bounds = ""
    if get_origin(kind) is Annotated:
        kind, meta = get_args(kind)
        bounds = _bounds(meta)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return f"a list, each {wanted(arguments[0])}"
    if origin is Literal:
        return _either(arguments)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _either([each.value for each in kind])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "a table"
    plain = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        Path: "a file",
    }
    return f"{getattr(kind, 'WANTED', None) or plain.get(kind, 'a table')}{bounds}"


def shown(value: object) -> str:
    """Return a value as TOML writes it, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # A date, which JSON does not know.
        text = str(value)
    text = _CREDENTIALS.sub("://…@", text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _either(words: Sequence[object]) -> str:
    quoted = [shown(word) for word in words]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _bounds(meta: msgspec.Meta) -> str:
    if meta.ge is not None and meta.le is not None:
        return f" from {meta.ge} to {meta.le}"
    return "" if meta.ge is None else f" from {meta.ge}"


def unknown_key(key: str, known: Mapping[str, object]) -> str:
    """Return what to say of a key that is none, with the one that may have been meant."""
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"this key is not known; {hint}known here are {', '.join(known)}"


def _label(item: object, number: int) -> str:
    if isinstance(item, dict):
        for name in _NAMES:
            if isinstance(item.get(name), str):
                return shown(item[name])
    return f"number {number}"
