"""The notice's own header: dates, names, folding, other alphabets."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, strategies as st

import whybounce
from notices import ORIGINAL, diagnosed, failed
from whybounce.notation import decoded_words
from whybounce.writing.header import date, encoded, field, mailbox


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_value_makes_one_field_of_short_lines(value):
    """Whatever it holds."""
    written = field("Subject", value)
    lines = written.split("\r\n")

    assert lines[-1] == ""
    assert all(line[:1] == " " for line in lines[1:-1])
    assert all(len(line.encode()) <= 998 for line in lines)
    assert all(line.strip() for line in lines[:-1])


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_encoded_text_comes_back(text):
    """For Python's reader and for ours; white space aside."""
    written = encoded(text)

    assert written.isascii()
    assert decoded_words(written).split() == str(make_header(decode_header(written))).split()


@pytest.mark.parametrize(
    "text", ["Zahlen für März", "月例の報告" * 30, "=?utf-8?b?eA==?=", "plain"]
)
def test_a_subject_is_read_as_it_was_written(text):
    """What looks like an encoded word stays what it is."""
    assert decoded_words(encoded(text)) == text


@pytest.mark.parametrize("text", ["Zahlen für März " * 20, "月例の報告" * 30])
def test_a_long_subject_begins_on_the_first_line(text):
    """Its lines have at most 76 letters, RFC 2047 §2; some programs take an empty first one for no subject."""
    lines = field("Subject", encoded(text)).splitlines()

    assert lines[0].startswith("Subject: =?utf-8?b?")
    assert len(lines) > 2
    assert all(len(line) <= 76 for line in lines)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (None, "<a@example.org>"),
        ("Alpine Ski House", "Alpine Ski House <a@example.org>"),
        ('Alpine, "the" House', '"Alpine, \\"the\\" House" <a@example.org>'),
        ("Höhe", "=?utf-8?b?SMO2aGU=?= <a@example.org>"),
    ],
)
def test_a_name_is_quoted_where_it_must_be(name, written):
    """RFC 5322 §3.4, RFC 2047 §5."""
    assert mailbox(name, "a@example.org") == written


def test_dates_are_written_as_the_rfc_has_them():
    """In English, with the offset they are told in."""
    zone = timezone(timedelta(hours=-3, minutes=-30))

    assert date(datetime(2026, 3, 1, 9, 5, 7, tzinfo=zone)) == "Sun, 01 Mar 2026 09:05:07 -0330"
    assert date(datetime(2026, 12, 31, tzinfo=UTC)) == "Thu, 31 Dec 2026 00:00:00 +0000"


def test_the_notice_answers_the_original():
    """It is shown below it, by every mail program."""
    original = ORIGINAL.replace(
        b"Message-ID: ", b"References: <0@alpine.example>\r\n <00@alpine.example>\r\nMessage-ID: "
    )
    notice = message_from_bytes(
        whybounce.write(diagnosed(failed()), original=original), policy=policy.default
    )

    assert notice["In-Reply-To"] == "<20260301.1@alpine.example>"
    assert notice["References"].split() == [
        "<0@alpine.example>", "<00@alpine.example>", "<20260301.1@alpine.example>",
    ]  # fmt: skip


def test_the_header_says_what_the_message_is():
    """No vacation program answers; Exchange knows an NDR; the language is said."""
    notice = message_from_bytes(
        whybounce.write(diagnosed(failed()), original=ORIGINAL, organisation="Alpine")
    )

    assert notice["Auto-Submitted"] == "auto-replied"
    assert notice["X-Auto-Response-Suppress"] == "All"
    assert notice["X-MS-Exchange-Message-Is-Ndr"] == ""
    assert notice["Content-Language"] == "en"
    assert notice["From"] == "Alpine mail delivery <postmaster@mx1.alpine.example>"
    assert notice["To"] == "<bob@alpine.example>"
    assert notice["Subject"] == "Not delivered: Quarterly numbers"


def test_what_is_told_wins():
    """Each setting of the header."""
    notice = message_from_bytes(
        whybounce.write(
            diagnosed(failed()),
            original=ORIGINAL,
            to="other@alpine.example",
            from_address="noreply@alpine.example",
            message_id="<42@alpine.example>",
            date=datetime(2027, 1, 1, tzinfo=UTC),
        )
    )

    assert notice["To"] == "<other@alpine.example>"
    assert "<noreply@alpine.example>" in notice["From"]
    assert notice["Message-ID"] == "<42@alpine.example>"
    assert notice["Date"] == "Fri, 01 Jan 2027 00:00:00 +0000"
