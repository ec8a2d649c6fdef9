"""Sending domains whose mail is suspicious."""

import pytest

from facts import COLLEAGUE, RELAY, STRANGER, blocked, cause_of, replace, words_of
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import Content
from whybounce.gateway.policies.sender_unsuspicious import POLICY, judge
from whybounce.vocabulary.envelope import Envelope

CAUSE = "sender-temporarily-restricted"
LIMITS = Limits(unusual_messages=100, unknown_recipients=50, spam=30)


def after(facts=STRANGER, **counted: int):
    """Return the facts after such traffic."""
    counts = {f"sender-{name}": number for name, number in counted.items()}
    return replace(facts, limits=LIMITS, counts=counts)


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        (after(), None),
        (after(messages=100, day=100), "4.7.500"),
        (after(recipients=10, unknown=10), "4.7.550"),
        (after(messages=20, day=20, spam=6), "4.7.600"),
        (after(COLLEAGUE, messages=100, day=100), None),
        (replace(after(messages=100, day=100), connector=RELAY), None),
        (replace(after(messages=100, day=100), envelope=Envelope("")), None),
        (blocked(STRANGER, "sender", "@remote.example", CAUSE, "spam: much"), "4.7.600"),
        (blocked(STRANGER, "sender", "chris@remote.example", CAUSE, "by hand"), "4.7.500"),
        (blocked(STRANGER, "ip", "192.0.2.9", CAUSE, "volume"), None),
    ],
)
def test_each_sign_has_its_number(facts, number):
    verdict = judge(facts)

    assert cause_of(verdict) == (CAUSE if number else None)
    if number:
        assert words_of(verdict).startswith(f"451 {number} ")


def test_the_domain_is_counted_and_restricted_whoever_of_it_writes():
    verdict = judge(after(recipients=10, unknown=10))
    spam = Content(fields=(), octets=1, is_spam=True)
    ham = replace(spam, is_spam=False)
    tally = next(each for each in POLICY.tallies if each.name == "sender-spam")

    assert (verdict.restriction.kind, verdict.restriction.subject) == ("sender", "@remote.example")
    assert tally.key(replace(after(), content=spam)) == "sender-spam @remote.example"
    assert tally.key(replace(after(), content=ham)) == ""
