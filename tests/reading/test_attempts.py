"""Tries at delivery that a report lists."""

import time
from datetime import UTC, datetime

import whybounce

BOUNCE = """\
From: postmaster@example.com
Subject: Undeliverable: Lunch
Content-Type: text/plain

Delivery has failed to these recipients or groups:

anna@example.org

Generating server: edge.example.com
Total retry attempts: 3

anna@example.org
9/12/2026 10:39:23 AM - Server at edge.example.com returned '550 5.4.300 Message expired -> 421 4.4.2 Connection
 dropped'
9/12/2026 9:01:03 PM - Server at mx.example.org (192.0.2.1) returned '451 4.7.0 Don't hurry'
99/12/2026 9:01:03 AM - Remote Server returned '450 4.2.1 Later'

Original message headers:

From: chris@example.com
"""


def test_each_try_has_its_time_server_and_reply():
    """In the order of the report; the times name no zone, and the outcome says how they are read."""
    outcome = whybounce.read(BOUNCE.encode()).outcomes[0]

    assert [
        (attempt.time, attempt.remote, attempt.reply.code, attempt.reply.text)
        for attempt in outcome.attempts
    ] == [
        (datetime(2026, 9, 12, 10, 39, 23, tzinfo=UTC), "edge.example.com", 550, "Message expired"),
        (datetime(2026, 9, 12, 21, 1, 3, tzinfo=UTC), "mx.example.org", 451, "Don't hurry"),
        (None, None, 450, "Later"),
    ]
    assert "UTC" in outcome.inferred["attempts"]


def test_a_pasted_list_is_read_too():
    """Without the mail around it."""
    diagnosis = whybounce.diagnose(BOUNCE.partition("\n\n")[2])

    assert len(diagnosis.report.outcomes[0].attempts) == 3


def test_a_report_without_tries_has_none():
    """A lone reply is no list."""
    raw = BOUNCE[: BOUNCE.index("9/12/2026")] + "550 5.1.1 User unknown\n"
    outcome = whybounce.read(raw.encode()).outcomes[0]

    assert outcome.attempts == ()
    assert "attempts" not in outcome.inferred


def test_tries_without_end_take_no_longer_than_others():
    """Quotations that never close."""
    line = "9/12/2026 9:01:03 AM - Server at a returned 'x\n"
    raw = (BOUNCE + line * 5_000).encode()
    start = time.thread_time()
    whybounce.read(raw)

    assert time.thread_time() - start < 10
