"""What a sending service's webhook posts says as much as the bounce that it was made from."""

import json

import pytest
from hypothesis import given, strategies as st

import whybounce
from whybounce.reading.service_event import read_json
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind

SAID = "550 5.1.1 User unknown"
EVENTS = {
    "SendGrid": [{"email": "anna@example.org", "event": "bounce", "reason": SAID}],
    "Mailgun": {"event-data": {"event": "failed", "severity": "permanent", "reason": "bounce",
        "recipient": "anna@example.org", "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "5.1.1 User unknown"}}},
    "Postmark": {"RecordType": "Bounce", "Type": "HardBounce", "Description": "Not delivered.",
        "Details": f"smtp;{SAID}", "Email": "anna@example.org"},
    "SparkPost": {"msys": {"message_event": {"type": "bounce", "rcpt_to": "anna@example.org", "raw_reason": SAID, "error_code": "550"}}},
    "Mandrill": {"event": "hard_bounce", "msg": {"email": "anna@example.org", "bounce_description": "bad_mailbox", "diag": SAID}},
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_each_service_has_names_of_its_own_for_the_same(event):
    """Whom it was for, what happened, what was replied."""
    diagnosis = whybounce.diagnose(json.dumps(event))
    (outcome,) = diagnosis.report.outcomes

    assert (diagnosis.report.kind, diagnosis.report.form) == (Kind.FAILURE, "service-event")
    assert (outcome.recipient, outcome.action) == ("anna@example.org", Action.FAILED)
    assert (str(outcome.status), outcome.reply.code) == ("5.1.1", 550)
    assert diagnosis.explanations[0].cause == "no-such-mailbox"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "deferred"}, Kind.DELAY),
        ({"event": "failed", "severity": "temporary"}, Kind.DELAY),
        ({"event": "spamreport"}, Kind.COMPLAINT),
        ({"RecordType": "SpamComplaint"}, Kind.COMPLAINT),
        ({"event": "delivered"}, Kind.SUCCESS),
    ],
)
def test_what_happened_is_the_kind(event, kind):
    """Not every failed try is the last."""
    report = read_json(json.dumps({"email": "anna@example.org", **event}))

    assert report.kind is kind


def test_the_gravest_of_several_events_is_the_kind_and_each_recipient_an_outcome():
    """SendGrid posts them by the hundred."""
    events = [
        {"email": "anna@example.org", "event": "delivered"},
        {"email": "bea@example.org", "event": "open"},
        {"email": "cleo@example.org", "event": "dropped", "reason": "Bounced Address"},
    ]
    report = read_json(json.dumps(events))

    assert report.kind is Kind.FAILURE
    assert [outcome.recipient for outcome in report.outcomes] == [
        "anna@example.org",
        "cleo@example.org",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 User unknown",
        "{",
        "[1, 2]",
        "{}",
        '{"event": "open", "email": "anna@example.org"}',
        '{"event": "bounce"}',
        '{"event": {"event": ["bounce"]}, "email": "anna@example.org"}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_other_json_is_no_event(text):
    """Nor is what is no JSON."""
    assert read_json(text) is None


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=9) | st.sampled_from(["bounce", "a@b.example"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["event", "email", "reason", "code", "x"]), inner)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_no_json_makes_reading_raise(value):
    """Strangers post to webhooks."""
    read_json(json.dumps(value))
