"""What is written above a message that is taken."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from whybounce.gateway.handed_over import protocol
from whybounce.gateway.tracing_fields import (
    LONGEST_HEADER_READ,
    end_of_header,
    header_of,
    missing,
    received,
)
from whybounce.vocabulary.session import Session, Tls

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SESSION = Session("s1", "inbound", ip_address("192.0.2.7"), 40000, helo="mx.remote.example")


@pytest.mark.parametrize(
    ("octets", "end"),
    [
        (b"Subject: a\r\n\r\nText", 12),
        (b"\r\nText", 0),
        (b"Subject: a\r\n", None),
        (b"", None),
        (b"x" * LONGEST_HEADER_READ, LONGEST_HEADER_READ),
    ],
    ids=["ends", "no header", "goes on", "nothing yet", "endless"],
)
def test_a_header_is_read_to_its_end_or_its_bound(octets: bytes, end: int | None):
    """The end is behind the last field's line."""
    assert end_of_header(octets) == end


def test_the_received_field_says_from_by_with_id_and_when():
    """RFC 5321 §4.4."""
    written = received(SESSION, host="mail.contoso.example", id_="s1", smtputf8=False, now=NOW)

    assert written == (
        b"Received: from mx.remote.example ([192.0.2.7])\r\n\tby mail.contoso.example\r\n"
        b"\twith SMTP id s1;\r\n\tSat, 21 Nov 2026 12:00:00 +0000\r\n"
    )


def test_what_a_client_calls_itself_cannot_leave_its_place_in_the_field():
    """Nor can an IPv6 address be taken for a name."""
    session = Session("s1", "inbound", ip_address("2001:db8::7"), 40000, helo="a);by(\tevil;")
    written = received(session, host="mail.contoso.example", id_="s1", smtputf8=False, now=NOW)

    assert written.startswith(b"Received: from a??by??evil? ([IPv6:2001:db8::7])\r\n")


@pytest.mark.parametrize(
    ("esmtp", "tls", "account", "smtputf8", "name"),
    [
        (False, False, None, False, "SMTP"),
        (True, False, None, False, "ESMTP"),
        (True, True, None, False, "ESMTPS"),
        (True, True, "anna", False, "ESMTPSA"),
        (True, True, "anna", True, "UTF8SMTPSA"),
    ],
)
def test_the_protocol_is_named_as_registered(esmtp, tls, account, smtputf8, name):
    """RFC 3848, RFC 6531 §3.7.3."""
    session = Session(
        "s1",
        "inbound",
        ip_address("192.0.2.7"),
        40000,
        esmtp=esmtp,
        tls=Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384") if tls else None,
        account=account,
    )

    assert protocol(session, smtputf8=smtputf8) == name


def test_only_what_a_submitted_message_lacks_is_added():
    """RFC 6409 §8.2, §8.3."""
    bare = header_of(b"Subject: a\r\n")
    whole = header_of(b"DATE: Sat, 21 Nov 2026 11:00:00 +0000\r\nmessage-id: <1@a.example>\r\n")

    assert missing(bare, host="h.example", id_="7", now=NOW) == (
        b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <7@h.example>\r\n"
    )
    assert missing(whole, host="h.example", id_="7", now=NOW) == b""
