"""Header fields as they stand in a message, RFC 5322 §2.2."""

import re
from collections.abc import Iterable

_FOLD = re.compile(r"\n(?=[ \t])")  # RFC 5322 §2.2.3: a line break before white space.
_FIELD = re.compile(r"^([\x21-\x39\x3b-\x7e]{1,200}+)[ \t]*+:[ \t]*+((?:.*\S)?+)", re.MULTILINE)


def header_fields(header: str) -> tuple[tuple[str, str], ...]:
    """Return names and unfolded values in order; lines that are no field are left out."""
    if "\r" in header:
        header = header.replace("\r\n", "\n").replace("\r", "\n")
    return tuple(_FIELD.findall(_FOLD.sub("", header)))


def first_field(fields: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the value of the first field of that name, in lower case, or None."""
    for key, value in fields:
        if key.lower() == name:
            return value
    return None


def untyped(value: str) -> str:
    """Drop the type. RFC 3464 §2.1.2: typed fields read ``type ; value``; a missing one is common."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else value.strip()
