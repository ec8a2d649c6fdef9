"""What servers' replies come to: the causes they tell of."""

from collections.abc import Callable
from functools import lru_cache

from whybounce.explaining import shared_explainer
from whybounce.notation import read_text
from whybounce.vocabulary.explanation import Confidence

CauseOf = Callable[[str], str | None]
"""Says which cause of the catalogue a reply tells of; None where that is not known."""


@lru_cache(maxsize=4096)  # Most of a queue waits for the same.
def cause_of(reply: str) -> str | None:
    """Return the cause of the catalogue that a reply tells of; None where that is not known."""
    explanation = shared_explainer().explain(read_text(reply))
    return None if explanation.confidence is Confidence.UNKNOWN else explanation.cause
