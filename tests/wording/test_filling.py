"""Placeholders: a closed set, literal, and no stranger's text ever becomes a command."""

import shlex

import pytest
from hypothesis import given, strategies as st

from whybounce.catalogue import catalogue
from whybounce.wording import PLACEHOLDERS, fill, printable

STAND_INS = {name: f"the {name}" for name in PLACEHOLDERS}


def _fill(sentence: str, **values: str) -> str:
    return fill(sentence, values, STAND_INS)


def test_prose_takes_the_value_or_says_it_in_words():
    """A sentence reads well both ways."""
    assert (
        _fill("mail for {recipient}", recipient="anna@example.org") == "mail for anna@example.org"
    )
    assert _fill("mail for {recipient}") == "mail for the recipient"


def test_a_value_that_looks_like_a_placeholder_stays_what_it_is():
    """One pass: nothing is filled in twice."""
    assert _fill("{recipient} x", recipient="{domain}", domain="example.org") == "{domain} x"


def test_a_value_in_prose_begins_no_command():
    """Backticks mark commands; a stranger's are not taken over."""
    assert _fill("mail for {recipient}", recipient="`$ reboot`@x") == "mail for '$ reboot'@x"


def test_unknown_braces_are_left_alone():
    """PowerShell has braces of its own."""
    assert _fill("`PS> Where-Object { $_.x }`") == "`PS> Where-Object { $_.x }`"


@pytest.mark.parametrize(
    ("sentence", "values", "expected"),
    [
        ("`$ dig MX {domain}`", {"domain": "example.org"}, "`$ dig MX example.org`"),
        ("`$ dig MX {domain}`", {"domain": "example.org; rm -rf /"}, "`$ dig MX <the-domain>`"),
        ("`$ dig MX {domain}`", {"domain": "$(reboot).org"}, "`$ dig MX <the-domain>`"),
        ("`$ dig MX {domain}`", {}, "`$ dig MX <the-domain>`"),
        ("`$ grep {sender} log`", {"sender": "o'brien@example.org"},
         "`$ grep 'o'\"'\"'brien@example.org' log`"),
        ("`$ grep {sender} log`", {"sender": "-f@example.org\nreboot"}, "`$ grep <the-sender> log`"),
        ("`$ grep {sender} log`", {"sender": "-f@example.org"}, "`$ grep <the-sender> log`"),
        ("`$ grep {sender} log`", {"sender": "a`b@example.org"}, "`$ grep <the-sender> log`"),
        ("`PS> Get-Mailbox {recipient}`", {"recipient": "o'brien@example.org"},
         "`PS> Get-Mailbox 'o''brien@example.org'`"),
        ("`PS> Get-Mailbox {recipient}`", {"recipient": "a$(b)@example.org"},
         "`PS> Get-Mailbox <the-recipient>`"),
        ("`$ dig -x {ip}`", {"ip": "2001:db8::1"}, "`$ dig -x 2001:db8::1`"),
        ("`$ dig -x {ip}`", {"ip": "192.0.2.1 && x"}, "`$ dig -x <the-ip>`"),
        ("`$ s_client -connect {remote}:25`", {"remote": "mx.example.org"},
         "`$ s_client -connect mx.example.org:25`"),
    ],
)  # fmt: skip
def test_a_command_takes_only_valid_values_quoted_for_its_shell(sentence, values, expected):
    """Anything else is said in words, as what the reader has to write."""
    assert expected == _fill(sentence, **values)


@given(st.text())
def test_a_posix_command_keeps_its_words_whatever_the_value(value):
    """The shell sees one argument where the placeholder stood, never two, never a command."""
    filled = _fill("`$ grep -F {sender} log`", sender=value).strip("`").removeprefix("$ ")
    words = shlex.split(filled)

    assert ["grep", "-F", words[2], "log"] == words
    assert words[2] in {value, "<the-sender>"}


@given(st.text())
def test_printable_text_moves_no_cursor_and_turns_no_reading_direction(value):
    """Control characters, zero-width and bidirectional marks are gone."""
    shown = printable(value)

    assert not any(ord(character) < 32 or 0x202A <= ord(character) <= 0x202E for character in shown)


def test_every_placeholder_can_be_said_in_words():
    """The frame has a stand-in for each."""
    frame = catalogue().frames["en"]

    assert all(f"stand-in.{name}" in frame for name in PLACEHOLDERS)
