"""Read receipts: the message arrived, and its reader's program tells what became of it."""

import pytest

from whybounce.reading.read_receipt import read
from whybounce.vocabulary.report import Kind


def receipt(fields, content_type="message/disposition-notification"):
    """Return a mail with that part."""
    return (
        "From: anna@example.org\nDate: Sun, 1 Nov 2026 10:00:00 +0000\n"
        f"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: {content_type}\n\n{fields}\n--b--\n"
    )


def test_a_receipt_says_whose_and_what_became_of_it(message):
    """RFC 8098 §3.1."""
    report = read(
        message(
            receipt(
                "Reporting-UA: laptop.example.org; ExampleMail 115\n"
                "Original-Recipient: rfc822;team@example.org\nFinal-Recipient: rfc822;anna@example.org\n"
                "Disposition: manual-action/MDN-sent-manually; displayed\n"
            )
        )
    )
    (outcome,) = report.outcomes

    assert (report.kind, report.form, report.generator) == (
        Kind.READ_RECEIPT,
        "rfc8098",
        "laptop.example.org",
    )
    assert (outcome.recipient, outcome.original_recipient) == (
        "anna@example.org",
        "team@example.org",
    )
    assert str(outcome.reply) == "Disposition: manual-action/MDN-sent-manually; displayed"
    assert (outcome.action, outcome.status) == (None, None)


def test_an_internationalised_receipt_is_one_too(message):
    """RFC 6533 §5."""
    report = read(
        message(
            receipt(
                "Final-Recipient: utf-8; jürgen@bücher.example\nDisposition: x; displayed\n",
                "message/global-disposition-notification",
            )
        )
    )

    assert report.outcomes[0].recipient == "jürgen@bücher.example"


def test_a_receipt_of_nobody_has_a_defect(message):
    """The form was recognised; who read it was not said."""
    report = read(message(receipt("Disposition: x; displayed\n")))

    assert (report.kind, report.outcomes) == (Kind.READ_RECEIPT, ())
    assert [defect.what for defect in report.defects] == ["no Final-Recipient"]


@pytest.mark.parametrize("content_type", ["text/plain", "message/delivery-status"])
def test_what_has_no_such_part_is_not_mine(message, content_type):
    """Whatever its fields are called."""
    fields = "Final-Recipient: rfc822;anna@example.org\nDisposition: x; displayed\n"

    assert read(message(receipt(fields, content_type))) is None
