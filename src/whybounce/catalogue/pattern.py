"""What a reply rule's pattern demands, read off the pattern itself.

Three questions: is it safe to run on a stranger's text, what must a reply hold for it to match
(words, alone or side by side, so that an index can find the rule; and a text as it stands), and how
much of the reply does it explain?

Rule 1: gaps are bounded. A repeat of more than one kind of character ends at 80; a repeat
inside a repeat is refused. "No nested quantifiers" alone is not linear.
Rule 2: a pattern matches at the edges of words, and a gap begins at one (``compile_pattern``
sees to it), so a word at the pattern's own edge or before a gap is a whole word of the reply.
Rule 3: every branch demands at least one whole word, or the index could not find the rule.

The parser is ``re``'s own. It is private to the standard library, but the alternative is a
second grammar of regular expressions that drifts from the first.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import concat, or_
from re import _constants as kind, _parser  # type: ignore[attr-defined]  # see above
from typing import Any

_LONGEST_GAP = 80
_LONGEST_WORD = 4096  # A run of one kind of character, such as \d+ or [a-z]+, cannot backtrack far.

# A token of the index: a run of ASCII letters and digits, or one character of any other script,
# because not every script puts blanks between its words.
_TOKEN = re.compile(r"[a-z0-9]+|[^\x00-\x7f]")

Holders = Mapping[str, int]  # Token → the replies that hold it, one bit for each.

_Parsed = Sequence[tuple[Any, Any]]  # What re's parser makes: operator and argument.


class PatternError(ValueError):
    """A pattern that must not be run, or that no index could find."""


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the pattern as it is run: only from one edge of a word to another."""
    edged = _GAP.sub(_at_edge, pattern)
    return re.compile(rf"(?<![a-z0-9])(?:{edged})(?![a-z0-9])")


_GAP = re.compile(r"(.)(?<!\\)(\.\{0,\d+\}\??)")


def _at_edge(gap: re.Match[str]) -> str:
    """Have a gap begin where a word ends, as far as what stands before it leaves that open."""
    before, dots = gap.groups()
    if before == " ":
        return gap[0]
    edge = "(?![a-z0-9])" if before.isalnum() else "(?:(?<![a-z0-9])|(?![a-z0-9]))"
    return f"{before}{edge}{dots}"


def tokens(folded: str) -> set[str]:
    """Return a folded reply's words, and each two neighbours written as one: ``userunknown``."""
    words = _TOKEN.findall(folded)
    return {*words, *map(concat, words, words[1:])}


def holders(replies: Iterable[str]) -> Holders:
    """Return which of the replies hold each token."""
    found: dict[str, int] = {}
    for number, reply in enumerate(replies):
        for token in tokens(reply.lower()):
            found[token] = found.get(token, 0) | 1 << number
    return found


def demands(pattern: str, known: Holders) -> tuple[tuple[frozenset[str], ...], str, int]:
    """Return the sets of tokens of which a match holds one each, its longest literal, and its weight.

    The literal stands in every reply that matches, as it is. The weight is the number of letters and
    digits that must stand there. Of all sets those are chosen that fewest of the ``known`` replies
    satisfy together, one by one.

    Raises:
        PatternError: The pattern is not a regular expression, could take long on a hostile
            text, has upper-case letters (replies are folded to lower case), or holds no whole
            word in one of its branches.

    """
    if re.search(r"(?<!\\)[A-Z]", pattern):
        raise PatternError("is matched against a reply in lower case: write it in lower case")
    try:
        parsed: _Parsed = _parser.parse(pattern)
    except re.error as error:
        raise PatternError(f"is not a regular expression: {error}") from error
    _refuse_unbounded(parsed, inside_repeat=False)
    sets = dict.fromkeys(_demanded(parsed, known))
    if not sets:
        raise PatternError(
            "holds no whole word in every branch, so it could never be found: "
            "put blanks or punctuation around one"
        )
    return tuple(_telling(list(sets), known)), _literal(parsed), _weight(parsed)


def _telling(sets: list[frozenset[str]], known: Holders) -> Iterator[frozenset[str]]:
    satisfied_by = {each: _holding(each, known) for each in sets}
    left = -1  # All replies.
    for _ in range(min(_MOST_SETS, len(sets))):
        best = min(
            satisfied_by,
            key=lambda each: (
                (left & satisfied_by[each]).bit_count(),
                satisfied_by[each].bit_count(),
            ),
        )
        left &= satisfied_by.pop(best)
        yield best


def _holding(tokens: Iterable[str], known: Holders) -> int:
    return reduce(or_, (known.get(token, 0) for token in tokens), 0)


def _refuse_unbounded(parsed: _Parsed, *, inside_repeat: bool) -> None:
    for operator, argument in parsed:
        if operator in {kind.MAX_REPEAT, kind.MIN_REPEAT}:
            _least, most, body = argument
            if inside_repeat and most > 1:
                raise PatternError("has a repeat inside a repeat")
            of_one_kind = len(body) == 1 and body[0][0] is kind.IN
            if most > (_LONGEST_WORD if of_one_kind else _LONGEST_GAP) and not (
                of_one_kind and most == kind.MAXREPEAT
            ):
                raise PatternError(f"has a gap longer than {_LONGEST_GAP}: bound it as .{{0,80}}")
            _refuse_unbounded(body, inside_repeat=inside_repeat or most > 1)
        elif operator is kind.SUBPATTERN:
            _refuse_unbounded(argument[3], inside_repeat=inside_repeat)
        elif operator is kind.BRANCH:
            for branch in argument[1]:
                _refuse_unbounded(branch, inside_repeat=inside_repeat)
        elif operator in {kind.GROUPREF, kind.ASSERT, kind.ASSERT_NOT, kind.GROUPREF_EXISTS}:
            raise PatternError("looks back or around, which is not linear")


def _literal(parsed: _Parsed) -> str:
    """Return the longest text that every match holds as it is; empty where that is none."""
    runs = [""]
    for operator, argument in parsed:
        if operator is kind.LITERAL:
            runs[-1] += chr(argument)
        else:
            runs.append("")
    return max(runs, key=len)


def _weight(parsed: _Parsed) -> int:
    total = 0
    for operator, argument in parsed:
        if operator is kind.LITERAL:
            total += chr(argument).isalnum()
        elif operator is kind.IN:
            total += 1
        elif operator is kind.SUBPATTERN:
            total += _weight(argument[3])
        elif operator is kind.BRANCH:
            total += min(_weight(branch) for branch in argument[1])
        elif operator in {kind.MAX_REPEAT, kind.MIN_REPEAT}:
            total += argument[0] * _weight(argument[2])
    return total


# What can stand in place of anything a word may be made of, where the pattern leaves it open.
_OPEN = "\x00"
_MOST_SETS = 2  # That many and the literal leave few rules to try.
_MOST_FORMS = 400  # Beyond, an alternation counts as open: fewer words demanded, still sound.


def _demanded(parsed: _Parsed, known: Holders) -> Iterator[frozenset[str]]:
    """Yield sets of tokens of which every reply that matches holds one each."""
    for forms in (*_alternations(parsed), *_segments(parsed)):
        tokens_of_forms = [_sure_tokens(form, known) for form in forms]
        if all(tokens_of_forms):
            for place in range(max(map(len, tokens_of_forms))):
                yield frozenset(sure[min(place, len(sure) - 1)] for sure in tokens_of_forms)


def _alternations(parsed: _Parsed) -> Iterator[list[str]]:
    """Yield each alternation by itself, between what surely stands before and after it."""
    items = list(parsed)
    endings = [_endings(*item) for item in items]
    for place, item in enumerate(items):
        if item[0] is kind.BRANCH:
            gap_follows = place + 1 < len(items) and _is_gap(*items[place + 1])
            before = _edge(form[::-1] for form in _chain(endings[:place][::-1]))
            after = " " if gap_follows else _edge(_chain(endings[place + 1 :]))
            yield [before + form + after for form in endings[place]]


def _chain(endings: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield what can stand next: the next item's forms, and the one's after it if it may be empty."""
    for forms in endings:
        yield from filter(None, forms)
        if "" not in forms:
            return
    yield " "  # Rule 2: the pattern's end is an edge.


def _edge(neighbours: Iterable[str]) -> str:
    """Return a blank if every neighbour surely ends a word, else ``_OPEN``."""
    return " " if all(_separates(neighbour[0]) for neighbour in neighbours) else _OPEN


def _separates(character: str) -> bool:
    return character.isascii() and character != _OPEN and not character.isalnum()


def _segments(parsed: _Parsed) -> Iterator[list[str]]:
    """Yield the pattern's stretches, each with every form its text can take (Rule 2 at its ends).

    A pattern is cut at its gaps, and between alternations before their forms multiply.
    """
    forms = [" "]
    for item in parsed:
        endings = _endings(*item)
        if endings == [_OPEN] or len(forms) * len(endings) > _MOST_FORMS:
            separated = all(_separates(form[-1]) for form in forms)
            edge = " " if _is_gap(*item) else _OPEN  # Rule 2: a gap begins at a word's edge.
            yield [form + edge for form in forms]
            forms = [" " if separated and endings != [_OPEN] else _OPEN]
        if endings != [_OPEN]:
            forms = [form + ending for form in forms for ending in endings]
    yield [form + " " for form in forms]


def _sure_tokens(form: str, known: Holders) -> list[str]:
    """Return the tokens that a reply with this form in it surely has, the rarest first.

    A word counts only where the pattern says where it ends; two words, where nothing is open
    between them.
    """
    found: set[str] = set()
    before = ""
    end = 0
    for match in _TOKEN.finditer(form):
        word = match.group()
        if word.isascii() and _OPEN in {form[match.start() - 1], form[match.end()]}:
            before = ""
            continue
        found.add(word)
        if before and _OPEN not in form[end : match.start()]:
            found.add(before + word)
        before, end = word, match.end()
    return sorted(found, key=lambda token: (known.get(token, 0).bit_count(), -len(token), token))


def _forms(parsed: _Parsed) -> list[str]:
    """Return every form the pattern's text can take, with what it leaves open as ``_OPEN``."""
    forms = [""]
    for item in parsed:
        endings = _endings(*item)
        if len(forms) * len(endings) > _MOST_FORMS:
            endings = [_OPEN]
        forms = [form + ending for form in forms for ending in endings]
    return forms


def _endings(operator: Any, argument: Any) -> list[str]:
    if operator is kind.LITERAL:
        return [chr(argument)]
    if operator is kind.AT or (operator is kind.IN and _only_separators(argument)):
        return [" "]
    if (
        operator is kind.IN
        and len(argument) <= 16
        and {name for name, _ in argument} == {kind.LITERAL}
    ):
        return [chr(character) for _, character in argument]
    if operator is kind.SUBPATTERN:
        return _forms(argument[3])
    if operator is kind.BRANCH:
        return [form for branch in argument[1] for form in _forms(branch)]
    if operator in {kind.MAX_REPEAT, kind.MIN_REPEAT} and argument[:2] == (0, 1):
        return ["", *_forms(argument[2])]
    return [_OPEN]


def _is_gap(operator: Any, argument: Any) -> bool:
    repeats = operator in {kind.MAX_REPEAT, kind.MIN_REPEAT}
    return repeats and argument[0] == 0 and argument[2][0][0] is kind.ANY


def _only_separators(members: Iterable[tuple[Any, Any]]) -> bool:
    return all(
        member is kind.LITERAL and chr(value).isascii() and not chr(value).isalnum()
        for member, value in members
    )
