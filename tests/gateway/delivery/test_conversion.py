"""Eight bits made seven without a change of what they mean."""

import time
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.delivery.ascii_header import with_ascii_header
from whybounce.gateway.delivery.conversion import seven_bit

HEAD = "From: anna@example.net\r\nSubject: Two  blanks\r\n\tkept\r\nMIME-Version: 1.0\r\n"
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=400)  # fmt: skip


def eight_bit(text: str, type_: str = "text/plain; charset=utf-8") -> bytes:
    """Return a message of one part."""
    head = f"{HEAD}Content-Type: {type_}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return head.encode() + text.replace("\n", "\r\n").encode()


def body_of(raw: bytes) -> bytes:
    """Return what the only part decodes to."""
    payload = message_from_bytes(raw, policy=policy.SMTP).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


@pytest.mark.parametrize(
    ("convert", "type_"),
    [
        (seven_bit, "text/plain"),
        (seven_bit, "multipart/mixed"),
        (with_ascii_header, "multipart/mixed"),
    ],
)
def test_a_parameter_without_end_is_not_looked_for(convert, type_):
    """The standard library would be at it for ten minutes, and no mail would move meanwhile."""
    raw = eight_bit("Grüße", f'{type_}; x="{";" * 1_000_000}').replace(b"Two", "Zwei ü".encode())
    begun = time.process_time()

    assert convert(raw) is None
    assert time.process_time() - begun < 3


@given(texts)
def test_a_text_reads_as_before(text):
    """And nothing is left above 127."""
    raw = eight_bit(text)
    converted = seven_bit(raw)

    assert converted is not None
    assert converted.isascii()
    assert body_of(converted).replace(b"\r\n", b"\n").rstrip(b"\n") == body_of(raw).replace(
        b"\r\n", b"\n"
    ).rstrip(b"\n")


@given(texts)
def test_no_line_becomes_too_long_or_ends_alone(text):
    """RFC 5322 §2.1.1, RFC 5321 §2.3.8."""
    raw = eight_bit(text + "ü")
    converted = seven_bit(raw)

    assert converted is not None
    assert converted.count(b"\n") == converted.count(b"\r\n") == converted.count(b"\r")
    body = converted.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))


def test_headers_stay_as_they_are():
    """Blanks, order and folding: they may be signed."""
    converted = seven_bit(eight_bit("Grüße aus München und so weiter und so fort\n"))

    assert converted is not None
    assert converted.startswith(HEAD.encode())
    assert b"quoted-printable" in converted


def test_text_with_few_ascii_letters_goes_in_base64():
    """Three octets for one letter would be longer."""
    converted = seven_bit(eight_bit("Привет из Москвы\n"))

    assert converted is not None
    assert b"Content-Transfer-Encoding: base64" in converted


def test_each_part_is_converted_where_it_needs_it():
    """Attachments that are base64 already stay so."""
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="8bit"))
    message["From"] = "anna@example.net"
    message.set_content("Grüße, und zwar recht herzliche\n", cte="8bit")
    message.add_attachment(b"\xff\xfe\x00", maintype="application", subtype="x-thing")
    message.add_attachment("größer und länger\n", cte="8bit", filename="a.txt")
    raw = message.as_bytes()
    assert not raw.isascii()

    converted = seven_bit(raw)

    assert converted is not None
    before, after = (
        [part.get_payload(decode=True) for part in message_from_bytes(each).walk()]
        for each in (raw, converted)
    )
    assert [each and each.replace(b"\r\n", b"\n") for each in before] == [
        each and each.replace(b"\r\n", b"\n") for each in after
    ]
    assert converted.isascii()


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@example.net\r\n\r\nGr\xfc\xdfe\r\n",
        eight_bit("x\n").replace(b"Two", "Zwö".encode()),
        eight_bit("--b\n\nüü\n--b--\n", "multipart/signed; boundary=b"),
        eight_bit("--b\n\nüü\n--c--\n", "multipart/mixed; boundary=nowhere"),
    ],
    ids=["no MIME", "header in UTF-8", "signed", "broken"],
)
def test_what_would_change_its_meaning_is_not_converted(raw):
    """None says so."""
    assert seven_bit(raw) is None


@given(st.binary(max_size=600))
def test_whatever_is_given_the_result_has_seven_bits_or_is_none(raw):
    """No message makes it fall over."""
    converted = seven_bit(b"MIME-Version: 1.0\r\n" + raw)

    assert converted is None or converted.isascii()
