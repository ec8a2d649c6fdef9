"""The header of the message that was not delivered, and the way it came."""

import pytest

from whybounce.reading.mime import parse_message
from whybounce.reading.original import hops_of, read_original

HEADER = """\
Received: from edge.example.net by out.example.net with ESMTPS id 2;
	Sun, 1 Nov 2026 11:00:05 +0100
Received: from laptop by edge.example.net with ESMTPSA id 1;
	Sun, 1 Nov 2026 10:00:02 +0000
Received-SPF: fail (192.0.2.1 is not allowed)
Authentication-Results: mx.example.org; dkim=none
From: Chris <chris@example.net>
Sender: desk@example.net
To: Anna <anna@example.org>
Subject: =?utf-8?Q?Mittag=2C_zw=C3=B6lf?= Uhr
Date: Sun, 1 Nov 2026 10:00:00 +0000
Message-ID: <1@example.net>
"""


@pytest.mark.parametrize(
    "content_type",
    [
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/global-headers",
    ],
)
def test_the_original_is_read_from_its_part(message, content_type):
    """Whole or header only, RFC 6522 §3 and RFC 6533 §4."""
    mail = message(
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/plain\n\nno\n"
        f"--b\nContent-Type: {content_type}\n\n{HEADER}\nNoon?\n--b--\n"
    )
    original = read_original(mail)

    assert (original.message_id, original.from_, original.to, original.sender) == (
        "<1@example.net>",
        "Chris <chris@example.net>",
        "Anna <anna@example.org>",
        "desk@example.net",
    )
    assert original.subject == "Mittag, zwölf Uhr"
    assert original.date.isoformat() == "2026-11-01T10:00:00+00:00"
    assert original.received_spf == "fail (192.0.2.1 is not allowed)"
    assert original.authentication_results == "mx.example.org; dkim=none"
    assert [name for name, _ in original.headers][:3] == ["Received", "Received", "Received-SPF"]


def test_the_original_is_read_from_text_that_was_returned(message):
    """Where it has no part of its own; the line that announced it is no field."""
    returned = f"--- Below this line is a copy of the message.\n\n{HEADER}\nTo: nobody\n"

    assert read_original(message("Subject: x\n\nno\n"), returned).message_id == "<1@example.net>"


def test_blank_lines_before_the_header_are_not_its_end(message):
    """Some put one between the part's header and the message's."""
    mail = message(
        f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n\n{HEADER}\n--b--\n"
    )

    assert read_original(mail).message_id == "<1@example.net>"


def test_where_nothing_was_returned_there_is_no_original(message):
    """None, not an empty one."""
    assert read_original(message("Subject: x\n\nno\n")) is None
    assert read_original(message("Subject: x\n\nno\n"), "no field here") is None


def hops(*received: str, date="Sun, 1 Nov 2026 10:00:00 +0000"):
    """Return the steps of an original with that Date and those Received fields, newest first."""
    fields = "".join(f"Received: {value}\n" for value in received)
    raw = f"Content-Type: text/rfc822-headers\n\n{fields}Date: {date}\n".encode()
    return hops_of(read_original(parse_message(raw)))


def test_hops_are_oldest_first_with_seconds_since_the_one_before():
    """The first counts from the Date field, as Exchange does; zones do not matter."""
    steps = hops(
        "from edge.example.net by out.example.net; Sun, 1 Nov 2026 11:00:05 +0100",
        "from laptop by edge.example.net with ESMTPSA; Sun, 1 Nov 2026 10:00:02 +0000",
    )

    assert [(hop.from_, hop.by, hop.relay_seconds) for hop in steps] == [
        ("laptop", "edge.example.net", 2.0),
        ("edge.example.net", "out.example.net", 3.0),
    ]
    assert [hop.time.isoformat() for hop in steps] == [
        "2026-11-01T10:00:02+00:00",
        "2026-11-01T10:00:05+00:00",
    ]


def test_a_clock_that_runs_behind_stays_negative():
    """It is a fact about the hop, not a zero."""
    (hop,) = hops("from laptop by edge.example.net; Sun, 1 Nov 2026 09:59:50 +0000")

    assert hop.relay_seconds == -10.0


def test_a_hop_without_a_time_does_not_break_the_count():
    """The next one counts from the last time that is known."""
    steps = hops(
        "by c; Sun, 1 Nov 2026 10:00:09 +0000",
        "by b; some time later",
        "by a; Sun, 1 Nov 2026 10:00:04 +0000",
    )

    assert [(hop.by, hop.relay_seconds) for hop in steps] == [("a", 4.0), ("b", None), ("c", 5.0)]


def test_without_a_date_the_first_hop_has_no_seconds():
    """Nobody knows when it was written."""
    (hop,) = hops("by a; Sun, 1 Nov 2026 10:00:04 +0000", date="today")

    assert hop.relay_seconds is None


def test_a_loop_of_thousands_is_bounded():
    """The newest two hundred steps are read."""
    steps = hops(*(["from a by b; Sun, 1 Nov 2026 10:00:04 +0000"] * 5000))

    assert len(steps) == 200
