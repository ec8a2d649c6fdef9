"""Which language a notice is written in: the account's, else the original's, else the usual one."""

import re
from collections.abc import Collection, Iterator

from whybounce.notation import first_field
from whybounce.vocabulary.report import Original

_ENGLISH = "en"
# RFC 3282, with the weights that RFC 9110 §12.5.4 gives: "de-AT, en;q=0.5".
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4})\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*"
)
_FIELDS = ("accept-language", "content-language")
_LONGEST = 500


def choose_language(
    wanted: str | None,
    original: Original | None,
    known: Collection[str],
    usual: str = _ENGLISH,
) -> str:
    """Return the language: ``wanted`` where it is given, known or not; else one that is known.

    ``usual`` is taken where the original names none that is.

    A tag with a region is answered in its language: pt-BR by pt (RFC 4647 §3.4).
    """
    if wanted:
        return _known(wanted, known) or wanted
    return next(filter(None, (_known(tag, known) for tag in _asked_for(original))), usual)


def _known(tag: str, known: Collection[str]) -> str | None:
    tag = tag.lower()
    while tag not in known and "-" in tag:
        tag = tag.rpartition("-")[0]
    return tag if tag in known else None


def _asked_for(original: Original | None) -> Iterator[str]:
    for name in _FIELDS:
        written = first_field(original.headers, name) if original else None
        ranges = map(_RANGE.fullmatch, (written or "")[:_LONGEST].split(","))
        weighed = [(float(match[2] or 1), match[1].lower()) for match in ranges if match]
        yield from (tag for weight, tag in sorted(weighed, key=lambda row: -row[0]) if weight)
