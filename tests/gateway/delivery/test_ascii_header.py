"""Headers in UTF-8 made ASCII without a change of what they say."""

import time
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings, strategies as st

from whybounce.gateway.delivery.ascii_header import with_ascii_header

BODY = "\r\nGrüße\r\n"
names = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=60)


def message(*fields: str, body: str = BODY) -> bytes:
    """Return a message with the fields."""
    return ("".join(f"{each}\r\n" for each in fields) + body).encode()


def decoded(value: str) -> str:
    """Return what encoded words say."""
    return str(make_header(decode_header(value)))


def test_file_names_and_several_people_read_as_before():
    """A parameter has a form of its own, RFC 2231."""
    converted = with_ascii_header(
        message(
            "To: Jürgen <j@example.net>, Ann <ann@example.net>, b@example.net",
            'Content-Type: text/plain; charset=utf-8; name="Übersicht.txt"',
        )
    )

    assert converted is not None
    read = message_from_bytes(converted, policy=policy.SMTP)
    assert [str(each) for each in read["To"].addresses] == [
        "Jürgen <j@example.net>",
        "Ann <ann@example.net>",
        "b@example.net",
    ]
    assert read.get_filename() == "Übersicht.txt"
    assert read.get_content_charset() == "utf-8"


@settings(deadline=None)
@given(names, names)
def test_names_and_subjects_read_as_before(name, subject):
    """The addresses, the other fields and the body stay octet for octet."""
    raw = message(
        f'From: "{name}" <anna@example.net>', f"Subject: {subject}", "X-Kept:  as\r\n it is"
    )
    converted = with_ascii_header(raw)

    assert converted is not None
    header, _, body = converted.partition(b"\r\n\r\n")
    read = message_from_bytes(converted)
    author, _, address = read["From"].replace("\r\n", "").rpartition(" <")
    assert header.isascii()
    assert max(map(len, header.split(b"\r\n"))) <= 76
    assert (decoded(author).strip('"'), address) == (name, "anna@example.net>")
    assert decoded(read["Subject"]) == subject
    assert b"X-Kept:  as\r\n it is" in header
    assert body == "Grüße\r\n".encode()


@pytest.mark.parametrize(
    "raw",
    [
        message("From: jürgen@example.net"),
        message("From: a@example.net", "Message-ID: <ü@example.net>"),
        message("From: a@example.net", "Received: from ü by b; Sat, 21 Nov 2026 10:00:00 +0000"),
        message("From: a@example.net", "Subject: ü", body="no end of the header"),
        message("From: a@example.net", "no field ü"),
        b"From: a@example.net\r\nSubject: \xff\r\n\r\nx",
        message(
            "From: a@example.net",
            "Subject: ü",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=b",
            body='\r\n--b\r\nContent-Disposition: attachment; filename="ü.pdf"\r\n\r\nx\r\n--b--\r\n',
        ),
    ],
    ids=["address", "message-id", "received", "no-end", "no-field", "no-utf8", "part"],
)
def test_what_has_no_form_in_ascii_is_left(raw):
    """It goes to servers with SMTPUTF8 alone."""
    assert with_ascii_header(raw) is None


def test_more_people_than_can_be_read_soon_are_left():
    """What the standard library takes long for is short in octets: each comment counts."""
    begun = time.process_time()

    assert with_ascii_header(message("To: ü" + '""' * 50_000)) is None
    assert with_ascii_header(message(*(["Cc: ü" + '""' * 1_000] * 100))) is None
    assert with_ascii_header(message("Subject: ü", "X" * 500_000)) is None
    assert time.process_time() - begun < 3


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_octets_make_it_fall_over(raw):
    """It converts, or says that it cannot."""
    converted = with_ascii_header(raw)

    assert converted is None or converted.partition(b"\r\n\r\n")[0].isascii()
