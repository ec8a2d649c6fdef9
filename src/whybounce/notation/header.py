"""Header fields as they stand in a message, RFC 5322 §2.2."""

import re
from collections.abc import Iterable

# Folding is a line break before white space, RFC 5322 §2.2.3; any of the three line ends.
_FOLD = re.compile(r"\r?\n(?=[ \t])|\r(?=[ \t])")
_FIELD = re.compile(r"([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:[ \t]*(.*)", re.DOTALL)


def header_fields(header: str) -> tuple[tuple[str, str], ...]:
    """Return names and unfolded values in order; lines that are no field are left out."""
    unfolded = _FOLD.sub("", header)
    matches = (_FIELD.fullmatch(line) for line in re.split(r"\r\n|\n|\r", unfolded))
    return tuple((match[1], match[2].rstrip()) for match in matches if match)


def first_field(fields: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the value of the first field of that name, in lower case, or None."""
    return next((value for key, value in fields if key.lower() == name), None)


def untyped(value: str) -> str:
    """Drop the type. RFC 3464 §2.1.2: typed fields read ``type ; value``; a missing one is common."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else value.strip()
