"""What a pattern demands is read off it, and is never more than a match really holds."""

import pytest
from hypothesis import given, strategies as st

from whybounce.catalogue import catalogue
from whybounce.catalogue.pattern import compile_pattern, demands, holders, tokens

RULES = catalogue().rules


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        ("user unknown", [{"userunknown"}, {"unknown"}]),
        ("(?:user|account) unknown", [{"userunknown", "accountunknown"}, {"user", "account"}]),
        ("users? unknown", [{"userunknown", "usersunknown"}, {"unknown"}]),
        ("user.{0,9} unknown", [{"user"}, {"unknown"}]),
        ("mailboxe?s? .{0,40} full", [{"full"}]),
        (r"mailbox.{0,40} full", [{"mailbox"}, {"full"}]),
        ("(?:s8001|s8002)", [{"s8001", "s8002"}]),
        ("boîte", [{"boî"}, {"îte"}]),
    ],
)
def test_a_pattern_demands_its_whole_words(pattern, sets):
    """Words that may be parts of longer ones are not counted on, nor pairs with a gap between."""
    found = [set(words) for words in demands(pattern, {})[0]]

    assert all(words in found for words in sets), found


def test_the_rarest_demand_comes_first():
    """It is the one the index lists the rule by."""
    known = holders(["user unknown", "unknown user", "user unknown: terminated"])

    assert demands("user unknown.{0,40} terminated", known)[0][0] == {"terminated"}


def test_further_demands_are_those_that_leave_the_fewest_replies():
    """A second word of the same phrase would leave as many as the first."""
    replies = [
        "quota is full",
        "mailbox is full",
        "disk is full",
        "over quota",
        "no quota",
        "quota",
    ]
    known = holders(replies)

    sets, *_ = demands("(?:quota|limit|allowance).{0,40} is full", known)

    assert sets[:2] == ({"isfull"}, {"quota", "limit", "allowance"})


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("user unknown", "user unknown"),
        ("over quota.{0,40} unknown user", " unknown user"),
        (r"5\.1\.1 users? unknown", "5.1.1 user"),
        ("(?:the )?mailbox full", "mailbox full"),
        ("(?:no such|unknown) user", " user"),
        ("(?:full|over quota)", ""),
    ],
)
def test_a_pattern_demands_its_longest_literal(pattern, literal):
    """What may be left out, repeated or said otherwise ends it."""
    assert demands(pattern, {})[1] == literal


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
            assert rule.literal in text
