"""Complaints: the message arrived, and its reader called it spam."""

import pytest

from whybounce.reading.complaint import read
from whybounce.vocabulary.report import Kind

BEGIN = "From: fbl@example.org\nContent-Type: multipart/report; boundary=b\n\n"


def complaint(fields, original="To: readers@lists.example.net\nSubject: News\n"):
    """Return a mail with that feedback-report part and returned message."""
    return (
        f"{BEGIN}--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n{fields}\n"
        f"--b\nContent-Type: message/rfc822\n\n{original}\nNews!\n--b--\n"
    )


def test_a_complaint_says_who_complained_and_where(message):
    """RFC 5965 §3.2; the reply of a server is no part of it, and nobody refused anything."""
    report = read(
        message(
            complaint(
                "Reporting-MTA: dns; mx.example.org\nOriginal-Rcpt-To: <anna@example.org>\n"
                "Original-Envelope-Id: QQ1\nArrival-Date: Sun, 1 Nov 2026 10:00:00 +0000\n"
            )
        )
    )
    (outcome,) = report.outcomes

    assert (report.kind, report.form, report.generator) == (
        Kind.COMPLAINT,
        "rfc5965",
        "mx.example.org",
    )
    assert (report.envelope_id, report.arrival_date.isoformat()) == (
        "QQ1",
        "2026-11-01T10:00:00+00:00",
    )
    assert (outcome.recipient, outcome.action, outcome.reply, outcome.rejected_by) == (
        "anna@example.org",
        None,
        None,
        None,
    )
    assert (report.original.subject, report.feedback_type) == ("News", "abuse")


def test_an_old_complaint_has_its_date_in_another_field(message):
    """Received-Date, from before the RFC."""
    report = read(message(complaint("Received-Date: Sun, 1 Nov 2026 10:00:00 +0000\n")))

    assert report.arrival_date.isoformat() == "2026-11-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("original", "recipient", "rule"),
    [
        ("To: anna@example.org\nX-Original-To: team@example.org\n", "anna@example.org", "To"),
        ("To: undisclosed-recipients:;\nDelivered-To: anna@example.org\n", "anna@example.org", "Delivered-To"),
        ("X-Original-To: anna@example.org\nDelivered-To: team@example.org\n", "anna@example.org", "X-Original-To"),
        ("To: a@example.org, b@example.org\nX-Apparently-To: anna@example.org\n", "anna@example.org", "X-Apparently-To"),
        ("Cc: anna@example.org\n", "anna@example.org", "Cc"),
    ],
)  # fmt: skip
def test_who_complained_is_inferred_where_the_complaint_hides_it(
    message, original, recipient, rule
):
    """From the original's own fields, the surest first; the outcome names the field."""
    (outcome,) = read(message(complaint("Original-Rcpt-To: redacted\n", original))).outcomes

    assert outcome.recipient == recipient
    assert outcome.inferred["recipient"] == f"the {rule} field of the original"


def test_a_complaint_about_nobody_has_a_defect(message):
    """It is a complaint all the same."""
    report = read(message(complaint("", "Subject: News\n")))

    assert (report.kind, report.outcomes) == (Kind.COMPLAINT, ())
    assert [defect.what for defect in report.defects] == ["no recipient is named"]


def test_one_who_is_named_twice_complained_once(message):
    """In two fields, or twice in one."""
    fields = "Original-Rcpt-To: anna@example.org\nRemoval-Recipient: anna@example.org\n"

    assert len(read(message(complaint(fields))).outcomes) == 1


def test_outlook_coms_programme_names_the_reader_in_the_original(message):
    """It sends the message with one field before it, and no machine part."""
    report = read(
        message(
            "From: staff@fbl.example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
            "Content-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: anna@example.org\n"
            "Message-ID: <1@example.net>\n\nNews!\n--b--\n"
        )
    )

    assert (report.kind, report.form, report.original.message_id) == (
        Kind.COMPLAINT,
        "hotmail-jmrp",
        "<1@example.net>",
    )
    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]


@pytest.mark.parametrize(
    "mail",
    [
        "From: a@example.org\n\nFeedback-Type: abuse\n",
        f"{BEGIN}--b\nContent-Type: message/rfc822\n\nTo: a@example.org\n\nx\n--b--\n",
    ],
    ids=["words", "a forwarded mail"],
)
def test_what_has_no_feedback_part_is_not_mine(message, mail):
    """Nor what only has the field's name in its text."""
    assert read(message(mail)) is None
