"""Explaining: an Outcome in, an Explanation out: the cause, who must act, and why we think so.

A number alone never decides. The order of the lookup is ``_LOOKUPS`` in ``explainer.py``:
wording first, then the exact code, the range, IANA's registry, the class; unknown is an answer
of its own. A reply that wraps another is explained together with it: where the inner one can
be told, it decides; the outermost numbers stay the outcome's.

Nothing here reads a clock, the network or a language. What words are said is ``wording``'s.
"""

from functools import cache

from whybounce.catalogue import catalogue
from whybounce.explaining.code_table import causes_of_code
from whybounce.explaining.confirming import change, checks_of
from whybounce.explaining.explainer import Explainer
from whybounce.explaining.mistyped import mistyped_code
from whybounce.explaining.searching import near_causes, search_causes

__all__ = [
    "Explainer",
    "causes_of_code",
    "change",
    "checks_of",
    "mistyped_code",
    "near_causes",
    "search_causes",
    "shared_explainer",
]


@cache
def shared_explainer() -> Explainer:
    """Return what explains by the catalogue, one for all who do: to build it takes 12 ms."""
    return Explainer(catalogue())
