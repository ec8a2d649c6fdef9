"""Amazon SES's notifications are read from their JSON, whatever folded or wrapped it."""

import json

import pytest
from hypothesis import given, strategies as st

from whybounce.reading.mime import parse_message
from whybounce.reading.ses_notification import read, read_json
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind

MAIL = {
    "timestamp": "2026-11-01T10:00:00.000Z",
    "source": "news@example.net",
    "messageId": "0100-1",
    "destination": ["anna@example.org"],
    "headers": [{"name": "List-Id", "value": "<news.example.net>"}],
    "commonHeaders": {"messageId": "<n12@example.net>", "subject": "Twelve ideas"},
}
BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bouncedRecipients": [
            {
                "emailAddress": "anna@example.org",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": "2026-11-01T10:00:30.000Z",
        "reportingMTA": "dns; a8-31.smtp-out.example.com",
    },
    "mail": MAIL,
}
ENVELOPE = {"Type": "Notification", "Message": json.dumps(BOUNCE), "Signature": "x"}


def test_a_bounce_says_who_why_and_when():
    """And which message it was."""
    report = read_json(json.dumps(BOUNCE))
    (outcome,) = report.outcomes

    assert (report.kind, report.form, report.generator) == (
        Kind.FAILURE,
        "amazon-ses",
        "a8-31.smtp-out.example.com",
    )
    assert (outcome.recipient, outcome.action, str(outcome.status), str(outcome.reply)) == (
        "anna@example.org",
        Action.FAILED,
        "5.1.1",
        "550 5.1.1 user unknown",
    )
    assert report.date.isoformat() == "2026-11-01T10:00:30+00:00"
    assert report.arrival_date.isoformat() == "2026-11-01T10:00:00+00:00"
    assert (report.envelope_id, report.original.message_id) == ("0100-1", "<n12@example.net>")
    assert report.original.headers == (("List-Id", "<news.example.net>"),)


WRITTEN = {
    "raw": json.dumps(BOUNCE),
    "over many lines": json.dumps(BOUNCE, indent=2),
    "in SNS's envelope": json.dumps(ENVELOPE),
    "in an envelope over many lines": json.dumps(ENVELOPE, indent=2),
    "below words": f"A message for you:\n\n{json.dumps(BOUNCE)}\n\n--\nGo away: https://sns.example.com\n",
    "folded by a mail program": "\n ".join(
        json.dumps(ENVELOPE)[at : at + 70] for at in range(0, len(json.dumps(ENVELOPE)), 70)
    ),
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_a_notification_is_the_same_however_it_is_written(text):
    """SNS puts it as text into its Message; mail programs break its lines."""
    assert read_json(text) == read_json(json.dumps(BOUNCE))


@pytest.mark.parametrize(
    ("name", "part", "kind", "action"),
    [
        ("Complaint", {"complaint": {"complainedRecipients": [{"emailAddress": "anna@example.org"}]}}, Kind.COMPLAINT, None),
        ("Delivery", {"delivery": {"recipients": ["anna@example.org"]}}, Kind.SUCCESS, Action.DELIVERED),
        ("DeliveryDelay", {"deliveryDelay": {"delayedRecipients": [{"emailAddress": "anna@example.org"}]}}, Kind.DELAY, Action.DELAYED),
        ("Delivery Delay", {"deliveryDelay": {"delayedRecipients": [{"emailAddress": "anna@example.org"}]}}, Kind.DELAY, Action.DELAYED),
        ("Reject", {"reject": {"reason": "Bad content"}}, Kind.FAILURE, Action.FAILED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["notificationType", "eventType"])
def test_a_kind_of_notification_is_a_kind_of_report(field, name, part, kind, action):
    """Notifications and events name theirs in different fields."""
    report = read_json(json.dumps({field: name, **part, "mail": MAIL}))

    assert report.kind is kind
    assert [(outcome.recipient, outcome.action) for outcome in report.outcomes] == [
        ("anna@example.org", action)
    ]


def test_who_took_a_message_refused_nothing():
    """A delivery names the remote server by its address."""
    delivery = {
        "recipients": ["anna@example.org"],
        "remoteMtaIp": "192.0.2.25",
        "smtpResponse": "250 ok",
    }
    report = read_json(json.dumps({"eventType": "Delivery", "delivery": delivery, "mail": MAIL}))
    (outcome,) = report.outcomes

    assert (outcome.remote, outcome.rejected_by, str(outcome.reply)) == (
        "192.0.2.25",
        None,
        "250 ok",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "550 5.1.1 no",
        '{"type": "Bounce"}',
        '{"notificationType": "AmazonSnsSubscriptionSucceeded"}',
        '{"notificationType": "Bounce"',
        '["notificationType": "Bounce"]',
        '{"eventType": "Open", "mail": {}}',
        '{"eventType": "Click"}',
    ],
)
def test_what_is_no_notification_about_delivery_is_not_mine(text):
    """Not even if it has the mark."""
    assert read_json(text) is None


@pytest.mark.parametrize(
    "bounce",
    [
        None,
        "x",
        [],
        {},
        {"bouncedRecipients": "anna"},
        {"bouncedRecipients": [None, 5, {}, {"emailAddress": 7}]},
    ],
)
def test_a_notification_that_names_nobody_is_a_report_with_a_defect(bounce):
    """The destination of the message need not have been the one."""
    report = read_json(json.dumps({"notificationType": "Bounce", "bounce": bounce}))

    assert (report.kind, report.outcomes) == (Kind.FAILURE, ())
    assert [defect.what for defect in report.defects] == ["no recipient is named"]


@pytest.mark.parametrize(
    ("name", "recipients"), [("Reject", ["anna@example.org"]), ("Complaint", []), ("Delivery", [])]
)
def test_only_a_failure_is_about_all_whom_the_message_was_for(name, recipients):
    """One of many may have complained, or got it."""
    report = read_json(json.dumps({"eventType": name, "mail": MAIL}))

    assert [outcome.recipient for outcome in report.outcomes] == recipients


def test_a_notification_is_read_from_the_first_text_of_a_mail():
    """Plain or called JSON."""
    for content_type in ("text/plain", "application/json"):
        raw = f"Content-Type: {content_type}\n\n{json.dumps(BOUNCE)}\n".encode()

        assert read(parse_message(raw)).outcomes[0].recipient == "anna@example.org"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = ["bounce", "complaint", "delivery", "deliveryDelay", "mail", "Message"]


@given(
    st.sampled_from(["Bounce", "Complaint", "Delivery", "DeliveryDelay", "Reject"]),
    st.dictionaries(st.sampled_from(KEYS), JSON | st.fixed_dictionaries({
        "bouncedRecipients": JSON, "recipients": JSON, "headers": JSON, "destination": JSON,
        "timestamp": JSON, "commonHeaders": JSON, "reportingMTA": JSON,
    })),
)  # fmt: skip
def test_no_json_makes_reading_raise(name, rest):
    """Whatever stands where a list or a text should."""
    report = read_json(json.dumps({"notificationType": name, **rest}))

    assert report is None or report.outcomes or report.defects


@given(st.text(max_size=200))
def test_no_text_with_the_mark_makes_reading_raise(text):
    """Cut off, doubled, or no JSON at all."""
    read_json('{"notificationType":' + text)
    read_json(json.dumps(BOUNCE) + text)
