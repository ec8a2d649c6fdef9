"""Outlook files, and the mails they were made from."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import whybounce
from whybounce.sources.kinds import mails_in
from whybounce.vocabulary.report import Kind

CLASS, SUBJECT, HEADERS, BODY, HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1013
SENDER, SENDER_SMTP, TO, MESSAGE_ID = 0x0C1A, 0x5D01, 0x0E04, 0x1035
ADDRESS, SUPPLEMENTARY, REMOTE, REPORTING = 0x39FE, 0x0C1B, 0x0C21, 0x6820

HEADER = """\
Received: from mail.contoso.com by alpineskihouse.com; Mon, 5 Jan 2026 10:00:00 +0000
From: Microsoft Outlook <postmaster@alpineskihouse.com>
To: <anna@alpineskihouse.com>
Subject: Undeliverable: Hello
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="lost"
MIME-Version: 1.0
Date: Mon, 5 Jan 2026 10:00:01 +0000
"""
NDR = {
    CLASS: "REPORT.IPM.Note.NDR", HEADERS: HEADER, BODY: "Delivery has failed.",
    REPORTING: "alpineskihouse.com",
}  # fmt: skip
RONALD = {
    ADDRESS: "ronald@contoso.com",
    SUPPLEMENTARY: "<mail.contoso.com #5.7.1 smtp;530 5.7.1 Client was not authenticated> #SMTP#",
    REMOTE: "mail.contoso.com",
}


def mail(raw: bytes):
    """Return the one mail of the file."""
    (found,) = mails_in("a.msg", io.BufferedReader(io.BytesIO(raw)))
    return found


def test_a_report_is_read_from_its_recipients_properties(outlook_file):
    """Outlook has taken the machine part apart; it is put together again, as it was."""
    diagnosis = whybounce.diagnose(mail(outlook_file(NDR, recipients=(RONALD,))).raw)
    (outcome,) = diagnosis.report.outcomes

    assert (diagnosis.report.kind, diagnosis.report.form) == (Kind.FAILURE, "rfc3464")
    assert diagnosis.report.generator == "alpineskihouse.com"
    assert (outcome.recipient, str(outcome.status)) == ("ronald@contoso.com", "5.7.1")
    assert (outcome.reply.code, outcome.remote) == (530, "mail.contoso.com")
    assert diagnosis.explanations[0].cause == "client-not-authenticated"


def test_no_code_is_added_that_no_property_says(outlook_file):
    """A recipient of whom nothing is said has no status and no reply."""
    report = whybounce.read(mail(outlook_file(NDR, recipients=({ADDRESS: "a@example.org"},))).raw)
    (outcome,) = report.outcomes

    assert (outcome.recipient, outcome.status, outcome.reply) == ("a@example.org", None, None)


def test_the_header_stays_as_it_came_but_for_what_it_says_of_the_parts(outlook_file):
    """The parts are no longer those the header spoke of."""
    raw = mail(outlook_file(NDR)).raw.decode()

    assert raw.startswith("Received: from mail.contoso.com by alpineskihouse.com;")
    assert "Date: Mon, 5 Jan 2026 10:00:01 +0000\n" in raw
    assert raw.lower().count("mime-version") == 1
    assert "lost" not in raw


def test_an_ordinary_bounce_is_its_text(outlook_file):
    """What qmail and others wrote needs no machine part."""
    text = "Hi. This is the qmail-send program.\n\n<anna@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    header = "From: MAILER-DAEMON@example.net\r\nSubject: failure notice\r\n\r\n"
    report = whybounce.read(
        mail(outlook_file({CLASS: "IPM.Note", HEADERS: header, BODY: text})).raw
    )

    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]


def test_without_a_header_one_is_put_together(outlook_file):
    """And no value can begin a second field."""
    values = {CLASS: "IPM.Note", SUBJECT: "Failed\r\nX-Evil: 1", SENDER: "Mail System",
              SENDER_SMTP: "postmaster@example.org", TO: "anna", MESSAGE_ID: "<1@example.org>"}  # fmt: skip
    raw = mail(outlook_file(values)).raw.decode()

    assert "From: Mail System <postmaster@example.org>\n" in raw
    assert "Subject: Failed X-Evil: 1\n" in raw


def test_attached_messages_are_parts_again(outlook_file, strings):
    """Both those Outlook took apart and those it kept whole."""
    taken_apart = {
        "__substg1.0_3701000D": {
            "__properties_version1.0": b"\0" * 24,
            **strings(
                {HEADERS: "Subject: Hello\r\nMessage-ID: <1@example.org>\r\n", BODY: "words"}
            ),
        }
    }
    whole = {
        **strings({0x370E: "text/rfc822-headers"}),
        "__substg1.0_37010102": b"Subject: whole\n",
    }
    picture = {**strings({0x370E: "image/png"}), "__substg1.0_37010102": b"\x89PNG" * 2000}
    found = mail(outlook_file(NDR, (RONALD,), (taken_apart, whole, picture)))

    assert whybounce.read(found.raw).original.message_id == "<1@example.org>"
    assert b"Subject: whole" in found.raw
    assert b"PNG" not in found.raw


def test_text_in_a_code_page_is_decoded_by_it(compound_file):
    """Files of older Outlooks have no Unicode."""
    row = struct.pack("<HHIQ", 0x0003, 0x3FFD, 6, 1251)
    raw = compound_file(
        {
            "__properties_version1.0": b"\0" * 32 + row,
            "__substg1.0_001A001E": b"IPM.Note",
            "__substg1.0_1000001E": "Ящик переполнен".encode("cp1251"),
        }
    )

    assert "Ящик переполнен" in mail(raw).raw.decode()


def test_a_message_in_html_alone_is_read(outlook_file):
    """Its bytes are in the message's code page."""
    found = mail(outlook_file({CLASS: "IPM.Note"}, more={"__substg1.0_10130102": b"<p>words</p>"}))

    assert b"text/html" in found.raw
    assert b"<p>words</p>" in found.raw


def test_a_message_in_rtf_alone_says_so(outlook_file):
    """The header is read, and nobody thinks that the text was."""
    found = mail(outlook_file({CLASS: "IPM.Note"}, more={"__substg1.0_10090102": b"LZFu" * 9}))

    assert "RTF" in found.defects[0].what


def test_what_is_no_mail_says_so(compound_file):
    """Old Word files have the same first bytes."""
    found = mail(compound_file({"WordDocument": b"words"}))

    assert (found.raw, found.defects[0].what) == (None, "an Office file that is no mail")


@pytest.mark.parametrize("keep", [8, 76, 512, 1000])
def test_a_truncated_file_says_so(outlook_file, keep):
    """In one row."""
    found = mail(outlook_file(NDR)[:keep])

    assert found.raw is None
    assert "damaged" in found.defects[0].what


@pytest.mark.parametrize("at", [44, 64, 72], ids=["tables", "small tables", "list of tables"])
def test_a_header_that_claims_gigabytes_is_not_believed(outlook_file, at):
    """Before anything of it is read."""
    raw = bytearray(outlook_file(NDR))
    raw[at : at + 4] = b"\xff\xff\xff\x00"

    assert "claims more than the file holds" in mail(bytes(raw)).defects[0].what


@given(st.data())
@settings(
    max_examples=300,
    deadline=60_000,  # Milliseconds: no damage may make it loop.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_damage_makes_it_raise_or_loop(outlook_file, data):
    """Numbers changed anywhere, in tables and directory as well."""
    raw = bytearray(outlook_file(NDR, (RONALD,)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(8, len(raw) - 4))
        raw[at : at + 4] = data.draw(st.sampled_from([bytes(4), b"\xff" * 4, b"\1\0\0\0"]))
    found = mail(bytes(raw[: data.draw(st.integers(9, len(raw)))]))

    assert found.raw is not None or found.defects
