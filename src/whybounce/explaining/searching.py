"""Causes found by what somebody types: an id, a code, or words."""

import re
from difflib import get_close_matches

from whybounce.catalogue import Catalogue
from whybounce.explaining.code_table import causes_of_code
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.status_code import StatusCode

_HALF_A_CODE = re.compile(r"[245]\.\d{1,3}\.?")


def search_causes(catalogue: Catalogue, wanted: str) -> list[Cause]:
    """Return the cause of that id, those the code can mean, or those that hold all the words.

    Those whose title or id holds them come first. Of half a code, all of its kind are found. Nothing
    wanted finds everything.
    """
    everything = catalogue.causes
    if not wanted:
        return list(everything.values())
    if wanted in everything:
        return [everything[wanted]]
    if code := StatusCode.parse(wanted):
        return [everything[cause] for cause in causes_of_code(catalogue, code)]
    if _HALF_A_CODE.fullmatch(wanted):
        kind = f"{wanted.rstrip('.')}."
        return [
            cause
            for cause in everything.values()
            if any(str(code).startswith(kind) for code in cause.codes)
        ]
    words = wanted.casefold().split()
    texts = _searchable(catalogue)
    found = [
        cause for cause in everything.values() if all(word in texts[cause.id] for word in words)
    ]
    return sorted(found, key=lambda cause: not all(word in _name(cause) for word in words))


def near_causes(catalogue: Catalogue, wanted: str) -> list[str]:
    """Return the ids that are written most like what was wanted, at most three."""
    return get_close_matches(wanted[:80], catalogue.causes, n=3)


def _name(cause: Cause) -> str:
    return f"{cause.id} {cause.words.title}".casefold()


def _searchable(catalogue: Catalogue) -> dict[str, str]:
    """Return each cause's id, words, codes and replies as one text in lower case."""
    causes = catalogue.causes.values()
    texts = {
        cause.id: [
            cause.id,
            cause.words.title,
            cause.words.what,
            *cause.seeds,
            *map(str, cause.codes),
        ]
        for cause in causes
    }
    for rule in catalogue.rules:
        texts[rule.cause] += rule.seen
    return {cause: " ".join(text).casefold() for cause, text in texts.items()}
