"""A mail's own words end where the message that it returns begins."""

import pytest
from hypothesis import given, strategies as st

from whybounce.reading.account import accounts_of, text_of
from whybounce.reading.mime import Message, Part, parse_part

ANNOUNCEMENTS = [
    "--- Below this line is a copy of the message.",
    "------ This is a copy of the message, including all the headers. ------",
    "--- Enclosed are the original headers of the message.",
    "   ----- Original message follows -----",
    "   ----- Unsent message follows -----",
    "----- Original message -----",
    "-------original message",
    "--- Undelivered message follows ---",
    "Original message follows.",
    "Original message headers:",
    "Message headers follow.",
    "    Below is a copy of the original message:",
    "Content-Type: message/rfc822",
    "Received: from laptop by mail.example.net; Sun, 1 Nov 2026 10:00:00 +0000\nFrom: a@example.net",
    "Return-Path: <a@example.net>\nReceived: from laptop",
    "X-Mailer: Example 1\nTo: anna@example.org",
]

OWN_WORDS = [
    "   ----- Transcript of session follows -----",
    "   ----- The following addresses had permanent fatal errors -----",
    "The original message was received at Sun, 1 Nov 2026 10:00:00 GMT",
    "Received: 550 5.1.1 User unknown",
    "Subject: Lunch",
    "To: anna@example.org\nSubject: Lunch",
]


@pytest.mark.parametrize("line", ANNOUNCEMENTS, ids=[line[:40] for line in ANNOUNCEMENTS])
def test_a_line_that_announces_the_message_ends_the_account(message, line):
    """Or the first two lines of its header; below it nothing is the report's own."""
    mail = message(f"Subject: x\n\nanna@example.org:\nUnknown.\n\n{line}\nben@example.org: no\n")
    account = next(accounts_of(mail))

    assert account.text == "anna@example.org:\nUnknown.\n\n"
    assert account.returned.startswith(line.lstrip()) or account.returned.startswith(line)


@pytest.mark.parametrize("line", OWN_WORDS, ids=[line[:40] for line in OWN_WORDS])
def test_a_line_that_only_mentions_the_message_does_not(message, line):
    """Sentences about it, and what a summary quotes of its header."""
    mail = message(f"Subject: x\n\n{line}\n\nanna@example.org:\nUnknown.\n")
    account = next(accounts_of(mail))

    assert "Unknown." in account.text
    assert not account.returned


def test_fields_for_programs_are_not_the_reports_words(message):
    """Where the structure is lost they stand in the text."""
    mail = message(
        "Subject: x\n\nanna@example.org:\nUnknown.\n\nReporting-MTA: dns; a.example\n\n"
        "Final-Recipient: rfc822; ben@example.org\n"
    )

    assert next(accounts_of(mail)).text == "anna@example.org:\nUnknown.\n\n"


MULTIPART = """\
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p>html</p>
--b
Content-Type: text/plain

plain
--b
Content-Type: text/plain

 \t
--b
Content-Type: message/rfc822

Subject: Lunch

--b
Content-Type: text/plain

behind
--b--
"""


def test_plain_texts_come_before_html_ones(message):
    """Blank ones are left out, and what stands behind the returned message is not read."""
    assert [account.text.strip() for account in accounts_of(message(MULTIPART))] == [
        "plain",
        "html",
    ]


def test_a_text_of_another_type_is_read_where_there_is_no_other(message):
    """RFC 2045 §5.2: plain text is what everything is by default."""
    mail = message("Content-Type: text/x-report\n\nanna@example.org: unknown\n")

    assert [account.text for account in accounts_of(mail)] == ["anna@example.org: unknown\n"]


PAGES = {
    "tags are dropped": ("<p>not <b>delivered</b></p>", "not delivered"),
    "rows and breaks are lines": ("<div>a</div>b<br />c<tr><td>d</td></tr>e", "a\nb\nc d\ne"),
    "cells stand apart": ("<tr><td>Status</td><td>550</td></tr>", "Status 550"),
    "entities are letters": ("a&nbsp;&lt;anna&#64;example.org&gt;", "a <anna@example.org>"),
    "an address in brackets is no tag": ("to <anna@example.org>: no", "to <anna@example.org>: no"),
    "scripts are not said": ("a<script>var b = 'c@d.example';</script>e", "ae"),
    "styles are not said": ("a<STYLE type='text/css'>p { }</style >e", "ae"),
    "a script without an end ends the text": ("a<script>b@c.example", "a"),
    "line ends in the source are blanks": ("a\nb", "a b"),
    "a tag may go over lines": ("<a\n href='x'>link</a>", "link"),
}


@pytest.mark.parametrize(("page", "text"), PAGES.values(), ids=PAGES)
def test_a_page_gives_its_words(page, text):
    """Line by line, as it is shown."""
    part = parse_part(b"Content-Type: text/html\n\n" + page.encode())
    lines = text_of(part).strip().split("\n")

    assert text.split("\n") == [" ".join(line.split()) for line in lines]


def test_a_page_that_is_called_plain_is_a_page_all_the_same():
    """Some makers name the wrong type."""
    assert text_of(Part((), b"<html><p>gone</p></html>")).strip() == "gone"


def test_texts_are_bounded():
    """Of a 10 MB text the first 64 KiB are read."""
    assert len(text_of(Part((), b"a " * 5_000_000))) == 65_536


@given(st.text(max_size=400))
def test_no_letter_of_a_text_is_lost_by_cutting_it(text):
    """Account, fields for programs and returned message stand in the text as they did."""
    part = Part((), text.encode())
    account = next(accounts_of(Message((), (part,), {})), None)
    whole = text_of(part)

    assert (account is None) == (not whole.strip())
    if account:
        assert whole.startswith(account.text)
        assert whole.endswith(account.returned)
