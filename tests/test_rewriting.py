"""Another system's bounce, told again: nothing of it is lost, and no other mail is touched."""

import pytest
from hypothesis import given, strategies as st

import whybounce
from notices import ORIGINAL, text_of
from strict_report import parse, violations

MACHINE_PART = b"""\
Reporting-MTA: dns; mail.example.net\r
X-Postfix-Queue-ID: 4Kx1\r
Arrival-Date: Sun, 01 Mar 2026 12:00:00 +0000 (UTC)\r
\r
Final-Recipient: rfc822; anna@example.org\r
Original-Recipient: rfc822;anna@example.org\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mx.example.org\r
Diagnostic-Code: smtp; 550 5.1.1 <anna@example.org>: Recipient address\r
    rejected: User unknown\r
"""

POSTFIX = (
    b"""\
Return-Path: <>\r
Received: by mail.example.net (Postfix) id 4Kx1;\r
 Sun, 01 Mar 2026 12:03:00 +0000 (UTC)\r
Date: Sun, 01 Mar 2026 12:03:00 +0000 (UTC)\r
From: MAILER-DAEMON@mail.example.net (Mail Delivery System)\r
Subject: Undelivered Mail Returned to Sender\r
To: bob@alpine.example\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"\r
Message-Id: <1@mail.example.net>\r
\r
--B1\r
Content-Type: text/plain; charset=us-ascii\r
\r
<anna@example.org>: host mx.example.org[192.0.2.9] said: 550 5.1.1 User unknown\r
\r
--B1\r
Content-Type: message/delivery-status\r
\r
"""
    + MACHINE_PART
    + b"\r\n--B1\r\nContent-Type: message/rfc822\r\n\r\n"
    + ORIGINAL
    + b"\r\n--B1--\r\n"
)

QMAIL = b"""\
Return-Path: <>
Date: 1 Mar 2026 12:03:00 -0000
From: MAILER-DAEMON@mail.example.net
To: bob@alpine.example
Subject: failure notice

Hi. This is the program that delivers mail here.

<anna@example.org>:
192.0.2.9 does not like recipient.
Remote host said: 550 5.1.1 User unknown
"""

PERSONAL = b"""\
From: postmaster@example.net
To: bob@alpine.example
Subject: Delivery problems last week

anna@example.org:
550 5.1.1 is what she gets. Can you help her?
"""


def rewritten(mail: bytes = POSTFIX, **options: object) -> bytes:
    """Return the bounce told again by mail.alpine.example."""
    return whybounce.rewrite(mail, by="mail.alpine.example", **options)


def test_a_bounce_becomes_a_notice_with_the_same_facts():
    """Every outcome, the original's header, and a valid report."""
    before, after = whybounce.read(POSTFIX), whybounce.read(rewritten())

    assert after.outcomes == before.outcomes
    assert after.original == before.original
    assert (after.generator, after.arrival_date) == (before.generator, before.arrival_date)
    assert "Your message to anna@example.org was not delivered." in text_of(rewritten())


def test_the_machine_part_is_carried_over_unchanged():
    """Octet for octet, also the fields that only its writer knows."""
    status = parse(rewritten()).children[1]

    assert status.kind == "message/delivery-status"
    assert status.body == MACHINE_PART


def test_no_rule_is_broken_but_those_that_were():
    """Postfix writes a comment behind its dates, and fields of its own."""
    broken = [one for one in violations(rewritten()) if not one.startswith("RFC 3464")]

    assert broken == []


def test_the_bounce_goes_along_whole():
    """As an attachment, so that nothing is lost."""
    words = parse(rewritten()).children[0]

    assert words.kind == "multipart/mixed"
    assert [part.kind for part in words.children] == ["multipart/alternative", "message/rfc822"]
    assert words.children[1].body == POSTFIX


def test_who_reported_and_who_tells_it_again_are_named():
    """Our own From, never another's; the trace stays the mail's own."""
    notice = rewritten(organisation="Alpine")
    text = " ".join(text_of(notice).split())

    assert notice.startswith(POSTFIX[: POSTFIX.index(b"Date: ")])
    assert b"\r\nFrom: Alpine mail delivery <postmaster@mail.alpine.example>\r\n" in notice
    assert "Reported by mail.example.net, rewritten by mail.alpine.example." in text
    assert "Reporting mail system (mail.example.net): Nothing to do" in text


def test_it_warns_unless_the_original_is_proven_ours():
    """Somebody else may have used the address."""
    warning = "It could not be proved that the original message was sent by you."

    assert warning in " ".join(text_of(rewritten()).split())
    assert warning not in " ".join(text_of(rewritten(ours=True)).split())


def test_a_bounce_without_machine_part_gets_one():
    """By the host that is the gateway, RFC 3464 §2.2.3; its line ends stay as they were."""
    notice = rewritten(QMAIL)

    assert b"\r" not in notice
    assert (
        b"Reporting-MTA: dns; mail.example.net\nDSN-Gateway: dns; mail.alpine.example\n" in notice
    )
    assert b"Final-Recipient: rfc822; anna@example.org\n" in notice
    assert violations(notice.replace(b"\n", b"\r\n")) == []


@pytest.mark.parametrize("style", ["modern", "classic"])
def test_who_only_reports_is_not_said_to_have_refused(style):
    """Where another system's report names no server, nobody knows which one it was."""
    nameless = QMAIL.replace(b"192.0.2.9 does not like recipient.\nRemote host said: ", b"")
    text = " ".join(text_of(rewritten(nameless, style=style)).split())

    assert "550 5.1.1 User unknown" in text
    assert "ejected by" not in text
    assert "ejected by" in " ".join(text_of(rewritten(style=style)).split())


@pytest.mark.parametrize(
    "mail",
    [
        ORIGINAL,
        PERSONAL,
        b"",
        b"\x00\xff",
        POSTFIX.replace(b"To: bob@alpine.example\r\n", b""),
        rewritten(),
        whybounce.write(whybounce.diagnose(POSTFIX)),
    ],
    ids=["mail", "a-person's", "nothing", "no-text", "to-nobody", "told-already", "our-own"],
)
def test_any_other_mail_passes_byte_for_byte(mail):
    """It stands in the way of people's mail."""
    assert rewritten(mail) == mail


@given(st.binary(max_size=600))
def test_no_bytes_make_rewriting_fail(mail):
    """Nor lose anything."""
    assert mail in rewritten(mail) or mail.replace(b"\n", b"\r\n") in rewritten(mail)


def test_classic_says_so_too():
    """The other style."""
    text = " ".join(text_of(rewritten(style="classic")).split())

    assert "rewritten by mail.alpine.example" in text
    assert "Generating server: mail.example.net" in text
