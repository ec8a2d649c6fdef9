"""The catalogue is held against itself, so that a pull request of data alone is safe to merge."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter

import pytest
from msgspec.structs import replace

import whybounce
from whybounce.catalogue import FOLDER, catalogue
from whybounce.catalogue.compiled import compile_catalogue, read_compiled
from whybounce.catalogue.loader import load_catalogue
from whybounce.catalogue.pattern import compile_pattern
from whybounce.notation import fold, read_reply
from whybounce.vocabulary.cause import Cause, ReplyRule, Suppress, VerdictKind
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.reply import Reply
from whybounce.wording import PLACEHOLDERS

CAUSES = list(catalogue().causes.values())
RULES = list(catalogue().rules)
RULES_OF = {
    cause: list(rules)
    for cause, rules in groupby(sorted(RULES, key=attrgetter("cause")), attrgetter("cause"))
}

JARGON = re.compile(r"\b(SMTP|MTA|NXDOMAIN|RCPT|tenant|HELO|EHLO|MX|DNS)\b")
VOICE = re.compile(r"\b(please|simply|unfortunately)\b|—", re.IGNORECASE)


def _speaker_of(rule: ReplyRule) -> str | None:
    return rule.hosts[0].replace("*", "mx1") if rule.hosts else None


def _matches(rule: ReplyRule, reply: Reply) -> bool:
    return compile_pattern(rule.pattern).search(fold(reply)) is not None


def _replies(reply: Reply | None) -> list[Reply]:
    return [] if reply is None else [reply, *_replies(reply.inner)]


@pytest.mark.parametrize("cause", RULES_OF)
def test_every_rule_matches_the_replies_it_was_written_for(cause: str):
    """A pattern that misses its own example is dead."""
    missed = [
        (rule.id, reply)
        for rule in RULES_OF[cause]
        for reply in rule.seen
        if not any(_matches(rule, one) for one in _replies(read_reply(reply)))
    ]

    assert missed == []


@pytest.mark.parametrize("cause", RULES_OF)
def test_every_seen_reply_leads_to_its_own_rules_cause(cause: str):
    """No earlier or longer rule takes a sentence away to another cause."""
    elsewhere = {
        (rule.id, reply): explanation.because
        for rule in RULES_OF[cause]
        for reply in rule.seen
        if (explanation := _explained(rule, reply)).cause != cause
    }

    assert elsewhere == {}


def _explained(rule: ReplyRule, reply: str) -> Explanation:
    """Explain the reply. A wrapper's sentence is asked for by itself: what it wraps would decide."""
    said = next(one for one in _replies(read_reply(reply)) if _matches(rule, one))
    command = next(iter(rule.commands), None)
    outcome = Outcome(reply=replace(said, inner=None), remote=_speaker_of(rule), command=command)
    return whybounce.explain(outcome)


@pytest.mark.parametrize("cause", RULES_OF)
def test_every_near_miss_is_left_alone(cause: str):
    """The rule's pattern does not match what it must leave alone."""
    matched = [
        (rule.id, reply)
        for rule in RULES_OF[cause]
        for reply in rule.not_seen
        if compile_pattern(rule.pattern).search(fold(read_reply(reply)))
    ]

    assert matched == []


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_every_cause_has_words_for_everybody(cause: Cause):
    """Title, what, tell, steps for the sender and for whoever must act, at most four each."""
    assert len(cause.words.title) < 75
    assert not cause.words.title.endswith(".")
    assert cause.words.what
    assert cause.words.tell
    assert cause.source
    assert FixItOwner.SENDER in cause.words.steps
    assert cause.owner is FixItOwner.NOBODY or cause.owner in cause.words.steps
    assert FixItOwner.NOBODY not in cause.words.steps
    assert all(1 <= len(steps) <= 4 for steps in cause.words.steps.values())
    assert cause.owner not in cause.helpers


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_every_sentence_keeps_the_voice(cause: Cause):
    """Closed placeholders, paired backticks, no pleading, no jargon where a lay person reads."""
    words = cause.words
    sentences = [words.title, words.what, words.tell, *sum(words.steps.values(), ())]
    for sentence in sentences:
        prose = "".join(sentence.split("`")[::2])
        assert sentence.count("`") % 2 == 0, sentence
        assert not VOICE.search(prose), sentence
        assert "\n" not in sentence.strip(), sentence
        assert set(re.findall(r"{(\w+)}", prose)) <= set(PLACEHOLDERS), sentence
        assert not re.search(r"""`(?:\$|PS>)[^`]*["']{|`(?:\$|PS>)[^`]*}["']""", sentence), sentence
    for sentence in (words.what, *words.steps[FixItOwner.SENDER]):
        assert not JARGON.search("".join(sentence.split("`")[::2])), sentence


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_the_gateways_own_replies_are_well_formed(cause: Cause):
    """The numbers agree with the verdict, and the text fits a line. RFC 5321 §4.5.3.1.5."""
    for form in cause.replies:
        temporary = form.verdict is VerdictKind.DEFER
        assert form.code // 100 == (4 if temporary else 5), form
        assert form.text.isascii(), form
        assert len(f"{form.code} {form.status} {form.text}") < 510, form


def test_titles_tell_causes_apart():
    """No two causes have the same headline."""
    titles = Counter(cause.words.title for cause in CAUSES)

    assert [title for title, times in titles.items() if times > 1] == []


def test_no_address_is_dropped_for_what_may_pass():
    """Only causes that mean nobody reads mail there tell a list to stop."""
    dropped = {cause.id for cause in CAUSES if cause.suppress is Suppress.ADDRESS}

    assert {"no-such-mailbox", "recipient-not-found"} <= dropped
    assert not dropped & {"mailbox-full", "greylisted", "message-expired", "spam-content"}


def test_the_compiled_catalogue_equals_the_files(tmp_path):
    """What a wheel carries is what the TOML says."""
    for part in ("causes", "replies", "codes", "words"):
        (tmp_path / part).symlink_to(FOLDER / part)
    compile_catalogue(tmp_path)

    assert load_catalogue(FOLDER) == read_compiled(tmp_path)


def _faults(english: Mapping[str, str], frame: Mapping[str, str]) -> list[str]:
    """Return what a language's frame lacks, has too much, or fills in otherwise than English."""
    missing = [f"{key}: is missing" for key in english if key not in frame]
    unknown = [f"{key}: English has no such sentence" for key in frame if key not in english]
    other = [
        f"{key}: fills in {_filled_in(frame[key])}, English {_filled_in(english[key])}"
        for key in english
        if key in frame and _filled_in(frame[key]) != _filled_in(english[key])
    ]
    return missing + unknown + other


def _filled_in(sentence: str) -> list[str]:
    return sorted(set(re.findall(r"{(\w+)}", sentence)))


@pytest.mark.parametrize("language", sorted(catalogue().frames))
def test_every_language_is_complete(language: str):
    """Every sentence of English, with the same placeholders, and no other; pages are English."""
    english, *others = (
        {key: words for key, words in frame.items() if not key.startswith("web.")}
        for frame in (catalogue().frames["en"], catalogue().frames[language])
    )

    assert _faults(english, *others) == []


@pytest.mark.parametrize("language", sorted(set(catalogue().frames) - {"en"}))
def test_every_language_says_it_in_its_own_words(language: str):
    """A sentence left in English is found; words that both languages have are not."""
    frames = catalogue().frames
    same = {
        key
        for key, sentence in frames[language].items()
        if sentence == frames["en"][key] and len(sentence.split()) > 3
    }

    assert same == set()


def test_a_missing_sentence_and_another_placeholder_are_named():
    """The check itself can fail."""
    english = {"said": "{server} said:", "further": "Further causes"}

    assert _faults(english, {"said": "{sever} a dit :", "more": "plus"}) == [
        "further: is missing",
        "more: English has no such sentence",
        "said: fills in ['sever'], English ['server']",
    ]


def test_the_registry_is_whole():
    """All 81 codes that IANA had registered, each with what it means here."""
    assert len({(row.subject, row.detail) for row in catalogue().registry}) == 81
