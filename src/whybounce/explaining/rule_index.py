"""Which reply rules match a reply: found by the words they demand, never tried all in turn.

Which of the hits is best, in three lines:

1. A hit counts the letters its pattern demands: the longer the sentence, the surer.
2. It counts twelve more where the rule is scoped to the server that speaks, twelve more where
   the reply's own code is one that the rule's cause alone claims, and one more where the rule is
   scoped to the command that was answered.
3. The highest count wins; of equals, the rule that stands first in the catalogue.
"""

from collections.abc import Container, Iterable, Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from whybounce.catalogue.pattern import compile_pattern, tokens
from whybounce.vocabulary.cause import ReplyRule

AGREEMENT = 12

# Words this long are said about one thing only; shorter ones are sure if the code agrees.
TELLING = 16

# And words this short are said of anything: beside telling ones they say nothing.
SAID_OF_ANYTHING = 8


class Hit(Struct, frozen=True):
    """A rule that matched, and the words of the reply it matched."""

    rule: ReplyRule
    words: str
    count: int


# What a rule demands beside the token it is listed by, its place in the catalogue, and the rule.
_Row = tuple[frozenset[str], int, ReplyRule]


class RuleIndex:
    """The rules, listed by the tokens of their rarest demand.

    A demand is a set of tokens, one of which must stand in the reply. A reply's own tokens lead
    to the rules whose rarest demand it meets; those whose other demand it meets too are tried.
    """

    def __init__(self, rules: Iterable[ReplyRule]) -> None:
        self._listed: dict[str, list[_Row]] = {}
        for place, rule in enumerate(rules):
            row = (rule.words[-1], place, rule)
            for token in rule.words[0]:
                self._listed.setdefault(token, []).append(row)

    def hits(
        self,
        folded: str,
        *,
        host: str | None,
        command: str | None,
        claimant: str | None,
        told: Container[str],
    ) -> Iterator[Hit]:
        """Yield the rules that match the folded reply, the best first.

        ``claimant`` is the one cause that claims the reply's own code; ``host`` is the server
        that speaks, ``command`` what it answers; rules scoped to either are silent for others, and
        where it is not known. ``told`` are causes that need no further hit; it may grow between
        one hit and the next.
        """
        counted = []
        for place, rule in self._candidates(tokens(folded)).items():
            count = rule.weight
            if rule.hosts:
                if not host or not speaks(host, rule.hosts):
                    continue
                count += AGREEMENT
            if rule.commands:
                if command not in rule.commands:
                    continue
                count += 1
            if rule.cause == claimant:
                count += AGREEMENT
            counted.append((-count, place, rule))
        counted.sort()
        least = 0
        for minus_count, _, rule in counted:
            if -minus_count <= least:
                return
            if rule.cause in told or rule.literal not in folded:
                continue
            match = compile_pattern(rule.pattern).search(folded)
            if match:
                yield Hit(rule, match[0], -minus_count)
                if rule.weight >= TELLING:
                    least = SAID_OF_ANYTHING

    def _candidates(self, present: set[str]) -> dict[int, ReplyRule]:
        """Return the rules whose every demand one of the tokens meets, by their places."""
        missing = present.isdisjoint
        return {
            place: rule
            for token in self._listed.keys() & present
            for other, place, rule in self._listed[token]
            if not missing(other)
        }


def speaks(host: str, patterns: Iterable[str]) -> bool:
    """Say whether the host is one of those that the patterns (``*.google.com``) name."""
    host = host.lower().rstrip(".")
    return any(fnmatchcase(host, pattern) for pattern in patterns)
