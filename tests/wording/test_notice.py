"""The sentences of notices: names together, commands for one, times everywhere the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

import whybounce
from notices import failed
from whybounce.catalogue import catalogue
from whybounce.wording.moments import moment
from whybounce.wording.notice import NoticeSpeaker
from whybounce.wording.passages import Passage, passages

ENGLISH = NoticeSpeaker(catalogue(), "en")


@pytest.mark.parametrize(
    ("names", "phrase"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a and 3 more"),
        (["a", "a", "a"], "a"),
    ],
)
def test_few_names_are_named_and_many_counted(names, phrase):
    """Each once."""
    assert ENGLISH.joined(names) == phrase


def test_prose_is_about_all_and_commands_about_one():
    """Only a single valid value may stand in a command."""
    words = ENGLISH.words(
        [whybounce.explain(failed(f"{name}@example.org")) for name in ("anna", "bob")]
    )
    steps = " ".join(sentence for role in words.steps for sentence in role.sentences)

    assert "does not know anna@example.org and bob@example.org." in words.what
    assert "`PS> Get-EXORecipient -Identity 'anna@example.org'`" in steps


def test_a_value_is_never_taken_for_a_placeholder():
    """What looks like one stays what it is."""
    said = ENGLISH.say("said.about", server="{recipients}", recipients="anna")

    assert said == "{recipients} said about anna:"


def test_a_missing_value_is_an_error():
    """And no brace that people see."""
    with pytest.raises(KeyError):
        ENGLISH.say("said.about", server="mx")


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "2026-03-01 09:05 (UTC)"),
        (
            datetime(2026, 3, 1, 9, 5, tzinfo=timezone(timedelta(hours=5, minutes=45))),
            "2026-03-01 09:05 (UTC+05:45)",
        ),
        (
            datetime(2026, 3, 1, 9, 5, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
            "2026-03-01 09:05 (UTC-03:30)",
        ),
    ],
)
def test_a_time_says_which_clock_it_is_of(time, written):
    """The same in every language."""
    assert moment(time) == written


@pytest.mark.parametrize(
    ("sentence", "cut"),
    [
        ("Wait.", [("Wait.", False)]),
        ("Set `a = b` there.", [("Set `a = b` there.", False)]),
        (
            "Look: `$ dig MX x`. Then wait.",
            [("Look:", False), ("$ dig MX x", True), ("Then wait.", False)],
        ),
        (
            "Look it up (`PS> Get-Mailbox a`), then wait.",
            [("Look it up:", False), ("PS> Get-Mailbox a", True), ("then wait.", False)],
        ),
        ("`$ one` `$ two`", [("$ one", True), ("$ two", True)]),
        (
            "確認します（`$ dig MX x`）。次に待ちます。",
            [("確認します:", False), ("$ dig MX x", True), ("次に待ちます。", False)],
        ),
        (
            "افحص `$ dig MX x`، ثم انتظر.",
            [("افحص", False), ("$ dig MX x", True), ("ثم انتظر.", False)],
        ),
    ],
)
def test_commands_are_cut_out_of_sentences(sentence, cut):
    """To stand on lines of their own; settings stay where they are."""
    assert passages(sentence) == tuple(Passage(text, is_command) for text, is_command in cut)
