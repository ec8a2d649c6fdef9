"""What counts as a sign of spam, and what does not."""

import itertools

import pytest
from hypothesis import given, strategies

from whybounce.gateway.spam_signs import GTUBE, NO_SIGNS, SpamSigns, TestString


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("X-Spam-Flag", "YES")], True),
        ([("x-spam-flag", " yes")], True),
        ([("X-Spam-Flag", "NO"), ("X-Spam-Flag", "YES")], True),
        ([("X-Spam-Flag", "NO")], False),
        ([("X-Spam-Flag", "")], False),
        ([("X-Spam-Status", "Yes, score=9")], False),
        ([("Subject", "YES")], False),
        ([], False),
    ],
)
def test_the_scanners_field_begins_with_yes(fields, said):
    assert SpamSigns("X-Spam-Flag").said(fields) is said
    assert SpamSigns("X-SPAM-FLAG").said(fields) is said


def test_a_status_with_a_score_is_read_too():
    assert SpamSigns("X-Spam-Status").said([("X-Spam-Status", "Yes, score=9 required=5")])


def test_without_a_configured_field_nothing_is_spam():
    assert not NO_SIGNS.said([("X-Spam-Flag", "YES"), ("", "YES")])


@given(strategies.lists(strategies.integers(0, 300)), strategies.binary(max_size=80))
def test_the_test_string_is_seen_however_the_message_is_cut(cuts, before):
    message = before + GTUBE + b"\r\n"
    seen = TestString()
    places = sorted({min(cut, len(message)) for cut in cuts} | {0, len(message)})
    for start, end in itertools.pairwise(places):
        seen.read(message[start:end])

    assert seen.was_seen


def test_a_message_without_it_is_none():
    seen = TestString()
    seen.read(GTUBE[:-1])
    seen.read(b"\r\n" * 1000)

    assert not seen.was_seen
