"""Causes found by what somebody types: an id, a code, or words."""

from difflib import get_close_matches

from whybounce.catalogue import Catalogue
from whybounce.explaining.code_table import causes_of_code
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.status_code import StatusCode


def search_causes(catalogue: Catalogue, wanted: str) -> list[Cause]:
    """Return the cause of that id, those the code can mean, or those that hold all the words.

    Nothing wanted finds everything.
    """
    everything = catalogue.causes
    if not wanted:
        return list(everything.values())
    if wanted in everything:
        return [everything[wanted]]
    if code := StatusCode.parse(wanted):
        return [everything[cause] for cause in causes_of_code(catalogue, code)]
    words = wanted.casefold().split()
    texts = _searchable(catalogue)
    return [
        cause for cause in everything.values() if all(word in texts[cause.id] for word in words)
    ]


def near_causes(catalogue: Catalogue, wanted: str) -> list[str]:
    """Return the ids that are written most like what was wanted, at most three."""
    return get_close_matches(wanted[:80], catalogue.causes, n=3)


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
