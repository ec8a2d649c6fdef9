"""Each field of the machine part stands where its condition holds, and nowhere else."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

import whybounce
from notices import NOON, ORIGINAL, delayed, diagnosed, failed
from strict_report import parse
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Kind
from whybounce.vocabulary.status_code import StatusCode


def status_part(*outcomes: Outcome, **facts: object) -> str:
    """Return the machine part's text."""
    return (
        parse(whybounce.write(diagnosed(*outcomes, **facts), original=ORIGINAL))
        .children[1]
        .body.decode()
    )


def test_the_least_there_can_be():
    """A recipient, what became of it, and the codes that say only that much."""
    outcome = Outcome("anna@example.org", action=Action.FAILED)

    assert status_part(outcome) == (
        "Reporting-MTA: dns; mx1.alpine.example\r\n"
        "\r\n"
        "Final-Recipient: rfc822; anna@example.org\r\n"
        "Action: failed\r\n"
        "Status: 5.0.0\r\n"
    )


def test_everything_there_can_be_in_the_order_of_the_rfc():
    """RFC 3464 §2.2 and §2.3."""
    outcome = delayed(original_recipient="team@example.org", final_log_id="4Kx1")
    facts = {
        "kind": Kind.DELAY,
        "envelope_id": "QQ314159",
        "received_from": "out1.alpine.example",
        "arrival_date": NOON - timedelta(hours=4),
    }

    assert status_part(outcome, **facts) == (
        "Original-Envelope-Id: QQ314159\r\n"
        "Reporting-MTA: dns; mx1.alpine.example\r\n"
        "Received-From-MTA: dns; out1.alpine.example\r\n"
        "Arrival-Date: Sun, 01 Mar 2026 08:00:05 +0000\r\n"
        "\r\n"
        "Original-Recipient: rfc822; team@example.org\r\n"
        "Final-Recipient: rfc822; finn@example.edu\r\n"
        "Action: delayed\r\n"
        "Status: 4.7.1\r\n"
        "Remote-MTA: dns; mx.example.edu\r\n"
        "Diagnostic-Code: smtp; 451 4.7.1 Greylisted, please try again later\r\n"
        "Last-Attempt-Date: Sun, 01 Mar 2026 12:00:05 +0000\r\n"
        "Final-Log-ID: 4Kx1\r\n"
        "Will-Retry-Until: Tue, 03 Mar 2026 12:00:05 +0000\r\n"
    )


def test_no_remote_server_is_named_that_said_nothing():
    """§2.3.5: nor the generating server itself."""
    silent = failed(reply="", status=StatusCode(5, 4, 1))
    silent = replace(silent, reply=None)

    assert "Remote-MTA" not in status_part(silent)
    assert "Remote-MTA" not in status_part(failed(remote="mx1.alpine.example"))


def test_what_failed_is_not_tried_any_more():
    """§2.3.9."""
    assert "Will-Retry-Until" not in status_part(failed(will_retry_until=NOON))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("550 User unknown", "Diagnostic-Code: smtp; 550 User unknown\r\n"),
        ("connection refused", "Diagnostic-Code: x-whybounce; connection refused\r\n"),
        ("550 5.1.1 größer", "Diagnostic-Code: smtp; 550 5.1.1 gr\\x{F6}\\x{DF}er\r\n"),
        (
            "550 5.1.351 Remote server returned unknown recipient -> 550 Nobody",
            "550 5.1.351 Remote server returned unknown recipient\r\n -> 550 Nobody\r\n",
        ),
    ],
)
def test_the_reply_is_kept_and_typed(said, field):
    """§2.3.6: smtp is for SMTP's replies; a wrapper keeps what it wraps."""
    assert field in status_part(failed(reply=said))


def test_a_code_that_contradicts_the_action_is_not_repeated():
    """A delivery is no failure; an expired message may have failed with class 4."""
    delivered = Outcome("a@example.org", action=Action.DELIVERED, status=StatusCode(5, 1, 1))

    assert "Status: 2.0.0\r\n" in status_part(delivered, kind=Kind.SUCCESS)
    assert "Status: 4.4.7\r\n" in status_part(failed(reply="550 4.4.7 Expired"))


def test_the_code_of_the_reply_stands_in_for_a_missing_one():
    """Where the report has none of its own."""
    outcome = failed(reply="550 5.7.1 no", status=None)

    assert "Status: 5.7.1\r\n" in status_part(outcome)
