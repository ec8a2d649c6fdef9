"""Which reply rules match a reply: found by the words they demand, never tried all in turn.

Which of the hits is best, in three lines:

1. A hit counts the letters its pattern demands: the longer the sentence, the surer.
2. It counts twelve more where the rule is scoped to the server that speaks, and twelve more
   where the reply's own code is one that the rule's cause alone claims.
3. The highest count wins; of equals, the rule that stands first in the catalogue.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from whybounce.catalogue.pattern import compile_pattern, tokens
from whybounce.vocabulary.cause import ReplyRule

AGREEMENT = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and the words of the reply it matched."""

    rule: ReplyRule
    words: str
    count: int


class RuleIndex:
    """The rules as rows of a table of words: those whose every demand is met stand out at once.

    Each rule is a bit. A demand is a set of words, one of which must stand in the reply; for the
    first, second … demand of all rules together, a word's number has the bits of the rules that
    it satisfies. To look a reply up is to "or" its words' numbers for each demand, and to "and"
    the demands.
    """

    def __init__(self, rules: Iterable[ReplyRule]) -> None:
        self._rules = tuple(rules)
        deepest = max((len(rule.words) for rule in self._rules), default=0)
        self._satisfied: list[dict[str, int]] = [{} for _ in range(deepest)]
        self._undemanding = [0] * deepest  # The rules that make no demand of that number.
        for position, rule in enumerate(self._rules):
            bit = 1 << position
            for number, satisfied in enumerate(self._satisfied):
                if number >= len(rule.words):
                    self._undemanding[number] |= bit
                    continue
                for word in rule.words[number]:
                    satisfied[word] = satisfied.get(word, 0) | bit

    def hits(self, folded: str, host: str | None, claimant: str | None) -> list[Hit]:
        """Return every rule that matches the folded reply, the best first.

        ``claimant`` is the one cause that claims the reply's own code; ``host`` is the server
        that speaks; rules scoped to hosts are silent for others, and where it is not known.
        """
        hits: list[Hit] = []
        for rule in self._candidates(tokens(folded)):
            match = compile_pattern(rule.pattern).search(folded)
            if match is None:
                continue
            if rule.hosts and not (host and speaks(host, rule.hosts)):
                continue
            agreeing = bool(rule.hosts) + (rule.cause == claimant)
            hits.append(Hit(rule, match[0], rule.weight + AGREEMENT * agreeing))
        hits.sort(key=lambda hit: -hit.count)
        return hits

    def _candidates(self, present: set[str]) -> Iterator[ReplyRule]:
        """Yield the rules whose every demand one of the words meets, in the catalogue's order."""
        left = (1 << len(self._rules)) - 1
        for satisfied, undemanding in zip(self._satisfied, self._undemanding, strict=True):
            meeting = undemanding
            for word in present:
                if word in satisfied:
                    meeting |= satisfied[word]
            left &= meeting
            if not left:
                return
        while left:
            lowest = left & -left
            yield self._rules[lowest.bit_length() - 1]
            left ^= lowest


def speaks(host: str, patterns: Iterable[str]) -> bool:
    """Say whether the host is one of those that the patterns (``*.google.com``) name."""
    host = host.lower().rstrip(".")
    return any(fnmatchcase(host, pattern) for pattern in patterns)
