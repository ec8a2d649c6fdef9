"""Which reply rules match a reply: found by the words they demand, never tried all in turn.

Which of the hits is best, in three lines:

1. A hit counts the letters its pattern demands: the longer the sentence, the surer.
2. It counts twelve more where the rule is scoped to the server that speaks, and twelve more
   where the reply's own code is one that the rule's cause claims.
3. The highest count wins; of equals, the rule that stands first in the catalogue.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from whybounce.catalogue.pattern import compile_pattern, tokens
from whybounce.notation import fold, read_reply
from whybounce.vocabulary.cause import ReplyRule

AGREEMENT = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and the words of the reply it matched."""

    rule: ReplyRule
    words: str
    count: int


class RuleIndex:
    """The rules, found by the rarest words that each demands."""

    def __init__(self, rules: Iterable[ReplyRule]) -> None:
        self._rules = tuple(rules)
        often = Counter(
            word
            for rule in self._rules
            for reply in rule.seen
            for word in tokens(fold(read_reply(reply)))
        )
        self._by_word: dict[str, list[int]] = {}
        for position, rule in enumerate(self._rules):
            rarest = min(rule.words, key=lambda words: sum(often[word] for word in words))
            for word in rarest:
                self._by_word.setdefault(word, []).append(position)

    def hits(self, folded: str, host: str | None, claimed: Collection[str]) -> list[Hit]:
        """Return every rule that matches the folded reply, the best first.

        ``claimed`` are the causes that the reply's own code allows; ``host`` is the server that
        speaks, or None where it is not known: then a rule scoped to hosts may still match.
        """
        present = tokens(folded)
        found = {
            position
            for word in present
            if word in self._by_word
            for position in self._by_word[word]
        }
        hits: list[Hit] = []
        for position in sorted(found):
            rule = self._rules[position]
            if any(present.isdisjoint(words) for words in rule.words):
                continue
            scoped = bool(rule.hosts and host)
            if scoped and not speaks(host or "", rule.hosts):
                continue
            match = compile_pattern(rule.pattern).search(folded)
            if match is not None:
                agreeing = scoped + (rule.cause in claimed)
                hits.append(Hit(rule, match[0], rule.weight + AGREEMENT * agreeing))
        hits.sort(key=lambda hit: -hit.count)
        return hits


def speaks(host: str, patterns: Iterable[str]) -> bool:
    """Say whether the host is one of those that the patterns (``*.google.com``) name."""
    host = host.lower().rstrip(".")
    return any(fnmatchcase(host, pattern) for pattern in patterns)
