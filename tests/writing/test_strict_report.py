"""The validator itself: what it lets pass is worth nothing unless it finds what is wrong."""

import pytest

import whybounce
from notices import ORIGINAL, delayed, diagnosed, failed
from strict_report import violations
from whybounce.vocabulary.report import Kind

_GOOD = whybounce.write(diagnosed(failed()), original=ORIGINAL)
_DELAY = whybounce.write(diagnosed(delayed(), kind=Kind.DELAY), original=ORIGINAL)


def test_a_notice_breaks_no_rule():
    """Neither a failure nor a delay."""
    assert violations(_GOOD) == []
    assert violations(_DELAY) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b"\r\nDate: ", b"\nDate: ", "RFC 5322 §2.3"),
        (b"Date: Sun, 01 Mar 2026 12:00:05", b"Date: 2026-03-01T12:00:05", "RFC 5322 §3.3"),
        (b"To: <bob@alpine.example>\r\n", b"", "RFC 5322 §3.6"),
        (b"Subject: Not", b"Subject: a\r\nSubject: Not", "RFC 5322 §3.6"),
        (b"In-Reply-To: <", b"In-Reply-To: x<", "RFC 5322 §3.6.4"),
        (b"Subject: Not", "Subject: Ä".encode(), "RFC 5322 §2.2"),
        (b"Subject: Not", b"Subject: =?utf-8?b?4g==?=", "RFC 2047 §5"),
        (b"Subject: Not", b"Subject: " + 999 * b"x", "RFC 5322 §2.1.1"),
        (b"Auto-Submitted: auto-replied", b"Auto-Submitted: no", "RFC 3834 §5"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1", "RFC 2045 §4"),
        (b"report-type=delivery-status", b"report-type=feedback", "RFC 6522 §3"),
        (b"message/delivery-status\r\n", b"text/plain\r\n", "RFC 6522 §3"),
        (b"quoted-printable", b"8-bit", "RFC 2045 §6.1"),
        (b"here they are", "hier: ä".encode(), "RFC 2045 §6.2"),
        (b"Who needs to act\r\n", b"Who needs to act=0\r\n", "RFC 2045 §6.7"),
        (b"multipart/alternative", b"multipart/mixed", "RFC 2046 §5.1.4"),
        (b"Reporting-MTA: dns; mx1.alpine.example\r\n", b"", "RFC 3464 §2.2"),
        (b"Reporting-MTA: dns; ", b"Reporting-MTA: ", "RFC 3464 §2.1.2"),
        (b"Final-Recipient: rfc822; anna@example.org\r\n", b"", "RFC 3464 §2.3"),
        (b"Action: failed", b"Action: bounced", "RFC 3464 §2.3.3"),
        (b"Action: failed\r\n", b"Action: failed\r\nAction: failed\r\n", "RFC 3464 §2.3"),
        (b"Status: 5.1.1", b"Status: 5.1", "RFC 3464 §2.3.4"),
        (b"Status: 5.1.1", b"Status: 2.1.1", "RFC 3464 §2.3.4"),
        (b"Remote-MTA: dns; mx", b"Remote-MTA: dns; m x", "RFC 3464 §2.1.2"),
        (b"Diagnostic-Code: smtp; 550", b"Diagnostic-Code: smtp; no", "RFC 3464 §2.3.6"),
        (b"Action: failed", b"Action: failed\r\n\r\n", "RFC 3464 §2.1"),
        (b"Action: failed", b"Will-Retry-Until: x\r\nAction: failed", "RFC 3464 §2.3.9"),
        (b"Last-Attempt-Date: Sun", b"Last-Attempt-Date: Son", "RFC 3464 §2.1.2"),
        (b"rfc822; anna", "rfc822; änna".encode(), "RFC 3464 §2.1"),
        (b"rfc822; anna", b"utf-8; anna=", "RFC 6533 §3"),
        (
            b"message/rfc822\r\n",
            b"message/rfc822\r\nContent-Transfer-Encoding: base64\r\n",
            "RFC 2046 §5",
        ),
        (b"message/rfc822\r\n", b"application/pdf\r\n", "RFC 6522 §3"),
    ],
)
def test_what_is_wrong_is_found(before, after, rule):
    """Each rule, broken once in a notice that breaks none."""
    assert before in _GOOD
    broken = _GOOD.replace(before, after, 1)

    assert any(one.startswith(rule) for one in violations(broken)), violations(broken)


def test_a_whole_original_in_a_delay_is_found():
    """RET=FULL is about failures only."""
    broken = _GOOD.replace(b"Action: failed", b"Action: delayed").replace(b"5.1.1\r", b"4.1.1\r")

    assert any(one.startswith("RFC 3461 §4.3") for one in violations(broken))
