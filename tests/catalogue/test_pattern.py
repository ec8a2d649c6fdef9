"""What a pattern demands is read off it, and is never more than a match really holds."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from whybounce.catalogue import catalogue
from whybounce.catalogue.pattern import compile_pattern, demands, tokens

RULES = catalogue().rules


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        ("user unknown", [{"userunknown"}, {"unknown"}, {"user"}]),
        ("(?:user|account) unknown", [{"userunknown", "accountunknown"}, {"user", "account"}]),
        ("users? unknown", [{"userunknown", "usersunknown"}, {"unknown"}]),
        ("user.{0,9} unknown", [{"user"}, {"unknown"}]),
        ("mailboxe?s? .{0,40} full", [{"full"}]),
        (r"mailbox.{0,40} full", [{"mailbox"}, {"full"}]),
        ("(?:s8001|s8002)", [{"s8001", "s8002"}]),
        ("boîte pleine", [{"pleine"}, {"boî"}]),
    ],
)
def test_a_pattern_demands_its_whole_words(pattern, sets):
    """Words that may be parts of longer ones are not counted on, nor pairs with a gap between."""
    found = [set(words) for words in demands(pattern, Counter())[0]]

    assert all(words in found for words in sets), found


def test_the_rarest_demand_comes_first():
    """It is the one the index lists the rule by."""
    common = Counter({"user": 900, "unknown": 700, "userunknown": 600, "terminated": 2})

    assert demands("user unknown.{0,40} terminated", common)[0][0] == {"terminated"}


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("user unknown", "550 user unknown", True),
        ("user unknown", "550 superuser unknown", False),
        ("user unknown", "550 user unknowns", False),
        ("mailbox.{0,40} full", "mailbox anna is full", True),
        ("mailbox.{0,40} full", "mailboxes are full", False),
    ],
)
def test_a_pattern_matches_from_edge_to_edge_of_words(pattern, text, matches):
    """Rule 2: at its ends and before a gap."""
    assert matches == bool(compile_pattern(pattern).search(text))


@given(st.sampled_from(RULES), st.text(alphabet="abc 019.-:;<>@", max_size=40))
def test_what_matches_holds_a_word_of_every_demand(rule, noise):
    """The index may only leave out rules that cannot match."""
    for reply in rule.seen:
        text = " ".join(f"{noise} {reply} {noise}".lower().split())
        if compile_pattern(rule.pattern).search(text):
            assert all(tokens(text) & words for words in rule.words)
