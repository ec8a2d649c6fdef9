"""Reading: bytes in, a Report out. The bounces here were written for these tests."""

import base64
import quopri
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

import whybounce
from whybounce.reading.mime import parse_message
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind

BOUNCE = b"""\
From: Mail Delivery System <postmaster@alpineskihouse.com>
To: chris@alpineskihouse.com
Subject: Undeliverable: Lunch
Date: Sun, 1 Nov 2026 10:00:30 +0000
Content-Language: en-US
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="=_edge"

This is a report.
--=_edge
Content-Type: text/plain; charset=utf-8

Your message could not be delivered.

--=_edge
Content-Type: message/delivery-status

Reporting-MTA: dns; alpineskihouse.com
Arrival-Date: Sun, 1 Nov 2026 10:00:00 +0000
Original-Envelope-Id: QQ314159

Original-Recipient: rfc822;ronald@contoso.com
Final-Recipient: rfc822; ronald@contoso.com
Action: failed
Status: 5.7.1
Remote-MTA: dns; mail.contoso.com
Diagnostic-Code: smtp; 530 5.7.1 Client was not
 authenticated

--=_edge
Content-Type: message/rfc822

Received: from edge.alpineskihouse.com by out.alpineskihouse.com with ESMTPS id 2;
\tSun, 1 Nov 2026 11:00:05 +0100
Received: from laptop by edge.alpineskihouse.com with ESMTPSA id 1;
\tSun, 1 Nov 2026 10:00:02 +0000
From: Chris <chris@alpineskihouse.com>
To: Ronald <ronald@contoso.com>
Subject: Lunch
Date: Sun, 1 Nov 2026 10:00:00 +0000
Message-ID: <1@alpineskihouse.com>

Noon?
--=_edge--
"""

LINE_ENDS: list[Callable[[bytes], bytes]] = [
    lambda raw: raw,
    lambda raw: raw.replace(b"\n", b"\r\n"),
    lambda raw: raw.replace(b"\n", b"\r"),
]


@pytest.mark.parametrize("written", LINE_ENDS, ids=["lf", "crlf", "cr"])
def test_the_seeds_example_reads_as_the_seeds_say(written):
    """alpineskihouse.com made the report; mail.contoso.com refused; its administrators must act."""
    diagnosis = whybounce.diagnose(written(BOUNCE))
    report, explanation = diagnosis.report, diagnosis.explanations[0]
    outcome = report.outcomes[0]

    assert (
        report.kind,
        report.form,
        report.generator,
    ) == (Kind.FAILURE, "rfc3464", "alpineskihouse.com")
    assert (
        outcome.recipient,
        outcome.action,
        str(outcome.status),
    ) == ("ronald@contoso.com", Action.FAILED, "5.7.1")
    assert outcome.rejected_by == "mail.contoso.com"
    assert str(outcome.reply) == "530 5.7.1 Client was not authenticated"
    assert (
        explanation.cause,
        explanation.owner,
    ) == ("client-not-authenticated", FixItOwner.RECIPIENT_ADMIN)
    assert report.envelope_id == "QQ314159"
    assert report.original.message_id == "<1@alpineskihouse.com>"


def test_hops_have_utc_times_and_relay_seconds_from_the_date_on():
    """Oldest first; hop 1 is measured from the Date header, as Exchange does."""
    hops = whybounce.read(BOUNCE).hops

    assert [(hop.from_, hop.relay_seconds) for hop in hops] == [
        ("laptop", 2.0),
        ("edge.alpineskihouse.com", 3.0),
    ]


def test_a_clock_that_runs_behind_stays_negative():
    """It is a fact about the hop, not a zero."""
    raw = BOUNCE.replace(b"10:00:02 +0000", b"09:59:50 +0000")

    assert whybounce.read(raw).hops[0].relay_seconds == -10.0


def test_where_no_remote_is_named_the_generating_server_refused():
    """The seeds' rule."""
    raw = BOUNCE.replace(b"Remote-MTA: dns; mail.contoso.com\n", b"")

    assert whybounce.read(raw).outcomes[0].rejected_by == "alpineskihouse.com"


def test_every_recipient_is_an_outcome_even_without_blank_lines_between():
    """A second Final-Recipient begins the next."""
    second = (
        b"Final-Recipient: rfc822; ana@contoso.com\nAction: delayed\nStatus: 4.2.2\n"
        b"Diagnostic-Code: smtp; 452 4.2.2 Mailbox full\n"
    )
    raw = BOUNCE.replace(b" authenticated\n", b" authenticated\n" + second)
    diagnosis = whybounce.diagnose(raw)

    assert [outcome.recipient for outcome in diagnosis.report.outcomes] == [
        "ronald@contoso.com",
        "ana@contoso.com",
    ]
    assert [explanation.permanent for explanation in diagnosis.explanations] == [True, False]
    assert Kind.FAILURE is diagnosis.report.kind


def test_a_reply_that_only_the_text_has_is_found_there_and_said_to_be_inferred():
    """The machine part is believed first; what it lacks is looked for beside it."""
    raw = BOUNCE.replace(
        b"Diagnostic-Code: smtp; 530 5.7.1 Client was not\n authenticated\n", b""
    ).replace(
        b"Your message could not be delivered.",
        b"<ronald@contoso.com>: host mail.contoso.com[192.0.2.1] said: 550 5.1.1 User unknown",
    )
    outcome = whybounce.read(raw).outcomes[0]

    assert str(outcome.reply) == "550 5.1.1 User unknown"
    assert "reply" in outcome.inferred


def test_what_is_missing_is_a_defect_and_stays_absent():
    """No code is ever invented."""
    raw = BOUNCE.replace(b"Status: 5.7.1\n", b"").replace(b"Action: failed\n", b"")
    report = whybounce.read(raw)

    assert report.outcomes[0].status is None
    assert report.outcomes[0].action is None
    assert {"no Status", "no Action that is known: ''"} == {d.what for d in report.defects}


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "nothing to read"),
        (b"\n\n", "nothing to read"),
        (b"Subject: Lunch\n\nNoon?\n", "no form of bounce that is known here"),
        (b"\x00\xff\xfe", "no form of bounce that is known here"),
    ],
)
def test_what_is_no_bounce_is_said_to_be_none(raw, what):
    """A Report without outcomes, and the reason."""
    report = whybounce.read(raw)

    assert (report.kind, report.outcomes) == (Kind.NOT_A_REPORT, ())
    assert what == report.defects[0].what


def test_a_text_that_is_no_mail_is_explained_as_a_text():
    """Decided once: mail or text."""
    diagnosis = whybounce.diagnose("550 5.7.1 Unable to relay")

    assert (diagnosis.report.form, diagnosis.explanations[0].cause) == ("text", "unable-to-relay")


@pytest.mark.parametrize("cut", range(0, len(BOUNCE), 23))
def test_a_truncated_bounce_gives_what_it_holds(cut):
    """Reading never raises; the recipient is there as soon as its line is."""
    report = whybounce.read(BOUNCE[:cut])

    if b"Final-Recipient: rfc822; ronald@contoso.com\n" in BOUNCE[:cut]:
        assert report.outcomes[0].recipient == "ronald@contoso.com"
    assert report.outcomes or report.defects


@given(st.binary(max_size=2000))
def test_no_bytes_make_reading_raise(raw):
    """Whatever arrives, read() returns a report with an outcome or a defect."""
    report = whybounce.read(raw)

    assert report.outcomes or report.defects


@given(
    st.lists(
        st.tuples(st.integers(0, len(BOUNCE)), st.integers(0, 40), st.binary(max_size=12)),
        max_size=6,
    )
)
def test_no_damage_makes_reading_or_explaining_raise(cuts):
    """A bounce cut, spliced and overwritten is still answered."""
    raw = BOUNCE
    for at, length, put in cuts:
        raw = raw[:at] + put + raw[at + length :]
    diagnosis = whybounce.diagnose(raw)

    assert len(diagnosis.report.outcomes) == len(diagnosis.explanations)


def test_parts_and_depth_are_bounded():
    """Ten thousand parts and a thousand levels are read as far as the bound goes."""
    many = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 10_000
    deep = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 1_000

    assert len(parse_message(many).parts) == 1000
    assert len(parse_message(deep).parts) <= 1000


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "x-unknown"])
def test_an_encoded_machine_part_is_decoded(encoding):
    """RFC 3464 forbids it; some do it."""
    head, _, rest = BOUNCE.partition(b"Content-Type: message/delivery-status\n\n")
    status, _, tail = rest.partition(b"\n--=_edge")
    encoded = {
        "quoted-printable": quopri.encodestring,
        "base64": base64.encodebytes,
        "x-unknown": bytes,
    }[encoding](status)
    raw = (
        head
        + b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: "
        + encoding.encode()
        + b"\n\n"
        + encoded
        + b"\n--=_edge"
        + tail
    )

    assert whybounce.read(raw).outcomes[0].recipient == "ronald@contoso.com"


QMAIL = b"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.net
To: chris@example.net
Subject: failure notice
Date: Sun, 1 Nov 2026 10:00:30 +0000

Hi. This is the qmail-send program at mail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<anna@example.org>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.1.

<ben@example.org>:
Sorry, I couldn't find any host named example.org. (#5.1.2)

--- Below this line is a copy of the message.

Return-Path: <chris@example.net>
Message-ID: <2@example.net>
From: Chris <chris@example.net>
Subject: Lunch

carl@example.org:
said nothing
"""

EXIM = b"""\
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: chris@example.net
X-Failed-Recipients: anna@example.org
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  anna@example.org
    SMTP error from remote mail server after RCPT TO:<anna@example.org>:
    host mx.example.org [192.0.2.1]: 550 5.2.2 Mailbox full

------ This is a copy of the message, including all the headers. ------

From: Chris <chris@example.net>
"""


def test_paragraphs_about_recipients_are_outcomes_of_their_own():
    """An address on a line, and below it what went wrong; the returned message is not read."""
    diagnosis = whybounce.diagnose(QMAIL)

    assert [
        (outcome.recipient, explanation.cause)
        for outcome, explanation in zip(
            diagnosis.report.outcomes, diagnosis.explanations, strict=True
        )
    ] == [
        ("anna@example.org", "no-such-mailbox"),
        ("ben@example.org", "domain-does-not-exist"),
    ]
    assert diagnosis.report.original.message_id == "<2@example.net>"
    assert "action" in diagnosis.report.outcomes[0].inferred


def test_what_one_recipient_was_refused_with_is_not_the_others():
    """Words of its own are all there is, even where only another's hold a code."""
    raw = EXIM.replace(b"\n\n------", b"\n  ben@example.com\n    retry timeout exceeded\n\n------")
    raw = raw.replace(
        b"Recipients: anna@example.org", b"Recipients: anna@example.org, ben@example.com"
    )
    first, second = whybounce.read(raw).outcomes

    assert str(first.reply) == "550 5.2.2 Mailbox full"
    assert (str(second.reply), second.status) == ("retry timeout exceeded", None)


def test_a_quoted_remote_server_is_who_refused():
    """The text names host and command; nothing is taken from the returned message."""
    outcome = whybounce.read(EXIM).outcomes[0]

    assert (
        outcome.recipient,
        outcome.rejected_by,
        outcome.command,
    ) == ("anna@example.org", "mx.example.org", "RCPT")
    assert str(outcome.reply) == "550 5.2.2 Mailbox full"


def test_a_warning_that_goes_on_trying_is_a_delay():
    """Delayed means being retried."""
    raw = EXIM.replace(b"Mail delivery failed: returning", b"Warning: message delayed 4 hours:")
    diagnosis = whybounce.diagnose(raw.replace(b"550 5.2.2", b"452 4.2.2"))

    assert Kind.DELAY is diagnosis.report.kind
    assert False is diagnosis.explanations[0].permanent


def test_an_ordinary_mail_with_addresses_in_it_is_no_bounce():
    """The header names no mail system as its writer."""
    raw = b"From: Chris <chris@example.net>\nSubject: Lunch\n\nanna@example.org:\n550 noodles\n"

    assert whybounce.read(raw).outcomes == ()


@given(st.binary(max_size=400), st.sampled_from([QMAIL, EXIM]), st.integers(0, 900))
def test_no_damage_to_a_text_bounce_makes_reading_raise(put, raw, at):
    """Whatever is spliced in."""
    report = whybounce.read(raw[:at] + put + raw[at:])

    assert report.outcomes or report.defects


COMPLAINT = b"""\
From: feedback@example.org
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Reporting-MTA: dns; mx.example.org
Original-Rcpt-To: <anna@example.org>

--x
Content-Type: message/rfc822

To: list@example.net
Message-ID: <3@example.net>

News!
--x--
"""


def test_a_complaint_is_a_complaint_and_ends_the_mailing():
    """RFC 5965: the kind of the report is the cause; the message did arrive."""
    diagnosis = whybounce.diagnose(COMPLAINT)
    explanation = diagnosis.explanations[0]

    assert (diagnosis.report.kind, diagnosis.report.form) == (Kind.COMPLAINT, "rfc5965")
    assert diagnosis.report.feedback_type == "abuse"
    assert diagnosis.report.outcomes[0].recipient == "anna@example.org"
    assert (explanation.cause, explanation.suppress) == ("complaint-received", "address")
    assert whybounce.words(explanation).final == "The message arrived."


@pytest.mark.parametrize("kind", ["not-spam", "Auth-Failure"])
def test_what_only_has_a_complaints_form_does_not_end_the_mailing(kind):
    """Somebody took a mail out of the spam folder, or a signature failed: RFC 6591."""
    diagnosis = whybounce.diagnose(COMPLAINT.replace(b"abuse", kind.encode()))

    assert diagnosis.report.feedback_type == kind.lower()
    assert diagnosis.explanations[0].suppress == "no"


def test_a_complaint_that_hides_the_recipient_is_about_the_originals():
    """And says that this is inferred."""
    raw = COMPLAINT.replace(b"Original-Rcpt-To: <anna@example.org>\n", b"")
    outcome = whybounce.read(raw).outcomes[0]

    assert outcome.recipient == "list@example.net"
    assert "recipient" in outcome.inferred


def test_exchange_2003s_recipients_stand_before_a_date():
    """The To of the summary above is not one of them."""
    raw = (
        b"From: System Administrator <postmaster@example.net>\nSubject: Undeliverable: Lunch\n\n"
        b"Your message\n\n  To:      team@example.net\n  Subject: Lunch\n\n"
        b"did not reach the following recipient(s):\n\n"
        b"anna@example.org on Sun, 1 Nov 2026 10:00:00 +0000\n"
        b"    The recipient name is not recognized\n"
    )
    outcomes = whybounce.read(raw).outcomes

    assert [outcome.recipient for outcome in outcomes] == ["anna@example.org"]
