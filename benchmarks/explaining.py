"""How many replies a second are explained, and what finding rules by their words is worth.

    python benchmarks/explaining.py

One process, 2,000 distinct replies (every rule's own, with numbers and names changed), nothing
kept between them. The peer, in the same go: the same rules tried one regular expression after
another on the same folded replies.
"""

import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from whybounce.catalogue import catalogue
from whybounce.catalogue.pattern import compile_pattern
from whybounce.explaining import Explainer
from whybounce.notation import fold, read_text

TEXTS = 2000
ROUNDS = 5


def distinct_replies(number: int) -> list[str]:
    """Return so many replies, no two alike, spread over all systems."""
    seen = [reply for rule in catalogue().rules for reply in rule.seen]
    step = max(1, len(seen) // number)
    chosen = (seen[::step] + seen)[:number]
    return [
        re.sub(r"192\.0\.2\.\d+", f"192.0.2.{place % 250}", reply).replace(
            "example.", f"example{place}."
        )
        + f" [{place:05d}]"
        for place, reply in enumerate(chosen)
    ]


def per_second(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the median rate over some rounds."""
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for text in texts:
            work(text)
        rates.append(len(texts) / (time.perf_counter() - start))
    return statistics.median(rates)


def main() -> int:
    """Measure and print."""
    explainer = Explainer(catalogue())
    texts = distinct_replies(TEXTS)
    patterns = [compile_pattern(rule.pattern) for rule in catalogue().rules]

    def explain(text: str) -> object:
        return explainer.explain(read_text(text))

    def one_after_another(text: str) -> object:
        outcome = read_text(text)
        folded = fold(outcome.reply) if outcome.reply else ""
        return [pattern for pattern in patterns if pattern.search(folded)]

    for text in texts:  # Patterns are compiled on first use; that is start-up, not work.
        explain(text)
    ours = per_second(explain, texts)
    peer = per_second(one_after_another, texts[:200])
    print(f"rules                        {len(patterns):>10,}")
    print(f"explained, texts/s           {ours:>10,.0f}")
    print(f"rules one after another      {peer:>10,.0f}")
    print(f"ratio                        {ours / peer:>10,.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
