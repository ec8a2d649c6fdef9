"""Clients whose traffic is suspicious, by each of the signs, and until it is over."""

from datetime import timedelta

import pytest

from facts import COLLEAGUE, RELAY, STRANGER, blocked, cause_of, replace, words_of
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import PASS, Content, Restriction
from whybounce.gateway.policies.client_unsuspicious import POLICY, judge
from whybounce.gateway.values import Duration

CAUSE = "ip-temporarily-restricted"
LIMITS = Limits(
    unusual_messages=100,
    unusual_times=5,
    unknown_recipients=50,
    spam=30,
    least=20,
    restriction=Duration(minutes=30),
)


def after(facts=STRANGER, limits: Limits = LIMITS, **counted: int):
    """Return the facts after such traffic."""
    counts = {f"client-{name}": number for name, number in counted.items()}
    return replace(facts, limits=limits, counts=counts)


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        (after(), None),
        # Volume against its own history: 46 in a usual hour of the 23 before make 230 usual.
        (after(messages=99, day=99), None),
        (after(messages=100, day=100), "4.7.850"),
        (after(messages=229, day=229 + 23 * 46), None),
        (after(messages=230, day=230 + 23 * 46), "4.7.850"),
        # Unknown recipients.
        (after(recipients=10, unknown=9), None),
        (after(recipients=10, unknown=10), "4.7.860"),
        (after(recipients=11, unknown=10), None),
        (after(recipients=0, unknown=19), None),
        # Spam.
        (after(messages=20, day=20, spam=5), None),
        (after(messages=20, day=20, spam=6), "4.7.870"),
        (after(messages=19, day=19, spam=19), None),
        # Nobody looks, or it is somebody we know.
        (after(limits=Limits(), messages=10_000, spam=10_000, unknown=10_000), None),
        (after(COLLEAGUE, messages=10_000), None),
        (replace(after(messages=10_000), connector=RELAY), None),
    ],
)
def test_each_sign_has_its_number(facts, number):
    verdict = judge(facts)

    assert cause_of(verdict) == (CAUSE if number else None)
    if number:
        assert words_of(verdict).startswith(f"451 {number} ")


def test_a_restriction_begins_and_says_why_and_how_long():
    verdict = judge(after(recipients=10, unknown=30))

    assert verdict.restriction == Restriction(
        "ip", "192.0.2.9", CAUSE, "unknown-recipients: 30 of 40 in an hour", timedelta(minutes=30)
    )


@pytest.mark.parametrize(
    ("reason", "number"),
    [("volume: 300 messages", "4.7.850"), ("spam: much", "4.7.870"), ("by hand", "4.7.850")],
)
def test_while_it_lasts_the_number_stays(reason, number):
    verdict = judge(blocked(STRANGER, "ip", "192.0.2.9", CAUSE, reason))

    assert words_of(verdict).startswith(f"451 {number} ")
    assert verdict.restriction is None


def test_whom_a_connector_names_is_not_restricted():
    restricted = blocked(STRANGER, "ip", "192.0.2.0/24", CAUSE, "volume")

    assert judge(replace(restricted, connector=RELAY)) is PASS


def test_what_no_limit_looks_at_is_not_counted():
    at_the_dot = Content(fields=(), octets=1, is_spam=True)
    keys = {tally.name: tally.key(replace(after(), content=at_the_dot)) for tally in POLICY.tallies}
    none = [tally.key(replace(STRANGER, content=at_the_dot)) for tally in POLICY.tallies]

    assert keys == {
        "client-messages": "client-messages 192.0.2.9",
        "client-day": "client-messages 192.0.2.9",
        "client-recipients": "client-recipients 192.0.2.9",
        "client-unknown": "client-unknown 192.0.2.9",
        "client-spam": "client-spam 192.0.2.9",
    }
    assert none == [""] * 5
