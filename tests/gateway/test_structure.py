"""How many files an attachment holds, however the octets come."""

import email
import random
import time
from email.message import EmailMessage

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.structure import Structure


def message(*files: str, attached: tuple[EmailMessage, ...] = ()) -> EmailMessage:
    """Return a message with those files and messages attached."""
    made = EmailMessage()
    made["From"] = "chris@remote.example"
    made["Subject"] = "Files"
    made.set_content("See below.\n")
    for name in files:
        made.add_attachment(b"octets " * 20, "application", "octet-stream", filename=name)
    for each in attached:
        made.add_attachment(each)
    return made


def octets(made: EmailMessage) -> bytes:
    """Return the message as it goes over the wire."""
    return made.as_bytes(policy=email.policy.SMTP)


def embedded(raw: bytes, *, pieces: int | None = None) -> int:
    """Return what is counted, the octets given in pieces of that length."""
    structure = Structure()
    length = pieces or len(raw) or 1
    for start in range(0, len(raw), length):
        structure.take(raw[start : start + length])
    return structure.embedded_files


FORWARDED = message("a.pdf", "b.pdf", "c.pdf")


@pytest.mark.parametrize(
    ("made", "files"),
    [
        (message(), 0),
        (message(*[f"{n}.pdf" for n in range(30)]), 0),  # Thirty attachments, each flat.
        (message(attached=(message(),)), 0),
        (message(attached=(FORWARDED,)), 3),
        (message("x.pdf", attached=(message("a.pdf"), FORWARDED, message("b.pdf"))), 3),
        (
            message(attached=(message("a.pdf", attached=(FORWARDED,)),)),
            5,
        ),  # The inner one counts too.
        (message(attached=(message(attached=tuple([message()] * 20)),)), 20),
    ],
)
@pytest.mark.parametrize("pieces", [None, 1, 7, 1024])
def test_files_inside_one_attachment_are_counted(made, files, pieces):
    assert embedded(octets(made), pieces=pieces) == files


def test_a_message_that_is_nothing_but_another_counts_what_that_holds():
    raw = b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" + octets(FORWARDED)

    assert embedded(raw) == 3


@pytest.mark.parametrize(
    ("header", "counts"),
    [
        (b'Content-Disposition: attachment; filename="a"', 1),
        (b"Content-Disposition: attachment", 1),
        (b"Content-Type: image/png; name=a.png", 1),
        (b"Content-Disposition: inline;\r\n filename*0*=utf-8''a", 1),
        (b"Content-Type: text/html", 0),
        (b"Content-Disposition: inline", 0),
        (b"", 0),
    ],
)
def test_a_file_is_what_has_a_name_or_says_it_is_attached(header, counts):
    raw = (
        b"Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n" + header + b"\r\n\r\nx\r\n--b--\r\n"
    )

    assert embedded(raw) == counts


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_octets_in_any_pieces_make_the_same_of_it(junk, pieces):
    raw = octets(message(attached=(FORWARDED,)))
    at = random.Random(len(junk)).randrange(len(raw))  # noqa: S311  # where the junk goes
    spoilt = raw[:at] + junk + raw[at:]

    assert embedded(spoilt, pieces=pieces) == embedded(spoilt)


HEAD = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"\r\n--" * 2_000_000,
        HEAD + b"\r\n--b\r\n" * 1_000_000,
        HEAD + b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" * 200_000,
        HEAD + b"-" * 8_000_000,
        b"A: b\r\n" * 1_000_000,
        b"A" * 8_000_000,
        (HEAD + b"--b\r\n") * 100_000,
        HEAD + b"\r\n--b\r\n\r\n" + b"QUFB" * 19 * 100_000,
    ],
)
def test_the_time_it_takes_is_bounded(raw):
    began = time.thread_time()

    embedded(raw, pieces=65_536)

    assert time.thread_time() - began < 10
