"""The keys as ``docs/configuration.md`` has them."""

from collections.abc import Iterator
from typing import get_args

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from whybounce.gateway.shaping import bare, hints_of, shown, wanted
from whybounce.gateway.values import Size


def described(table: type[Struct]) -> Iterator[tuple[str, str, str, str]]:
    """Yield of each key its name, what it may be, its value where nothing is said, its meaning."""
    hints = hints_of(table)
    for field in fields(table):
        hint = hints[field.name]
        meaning = next(note.description for note in get_args(hint)[1:] if note.description)
        yield field.encode_name, wanted(bare(hint)), _default(field), meaning


def _default(field: FieldInfo) -> str:
    if field.default is NODEFAULT:
        return "needed"
    if field.default is None or field.default in {"", ()}:
        return ""
    if isinstance(field.default, tuple):
        return ", ".join(map(str, field.default))
    plain = isinstance(field.default, bool | int) and not isinstance(field.default, Size)
    return shown(field.default if plain else str(field.default))
