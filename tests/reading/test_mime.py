"""A message is cut into its parts whatever state it is in."""

import base64

import pytest
from hypothesis import given, strategies as st

from whybounce.reading.mime import parse_message, parse_part

NESTED = b"""\
Subject: two levels
Content-Type: multipart/mixed; boundary=outer

What stands before the first delimiter is no part.
--outer
Content-Type: Multipart/Alternative; Boundary="in ner"

--in ner
Content-Type: text/plain; charset=utf-8

plain
--in ner
Content-Type: text/html

<p>html</p>
--in ner--
--outer
Content-Type: message/rfc822

Subject: inner

text
--outer--
What stands behind the last is none either.
"""


def test_leaves_come_in_the_order_they_stand_in():
    """Preamble and epilogue are no parts; a message inside is one leaf, RFC 2046 §5.1.1."""
    message = parse_message(NESTED)

    assert message.field("subject") == "two levels"
    assert [(part.content_type, part.body) for part in message.parts] == [
        ("text/plain", b"plain"),
        ("text/html", b"<p>html</p>"),
        ("message/rfc822", b"Subject: inner\n\ntext"),
    ]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"], ids=["crlf", "cr"])
def test_all_line_ends_give_the_same_parts(line_end):
    """Carriage returns alone are line ends where there are no others."""
    message = parse_message(NESTED.replace(b"\n", line_end))

    assert [part.content_type for part in message.parts] == [
        "text/plain",
        "text/html",
        "message/rfc822",
    ]
    assert [part.text().split() for part in message.parts[:2]] == [["plain"], ["<p>html</p>"]]


def test_a_missing_end_costs_nothing_that_stands_there():
    """Neither delimiter is closed, and the last part is cut in a word."""
    message = parse_message(NESTED.partition(b"l</p>")[0])

    assert [part.body for part in message.parts] == [b"plain", b"<p>htm"]


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/mixed; boundary=other",
        b"multipart/mixed",
        b'multipart/mixed; boundary=""',
        b"multipart/mixed; boundary=;",
    ],
)
def test_the_boundary_that_stands_in_the_body_is_used_where_the_header_names_another(content_type):
    """Relays and archives rewrite the one and not the other."""
    body = b"\n\n--real\nContent-Type: text/plain\n\na\n--real\nContent-Type: text/html\n\nb\n--real--\n"
    message = parse_message(b"Content-Type: " + content_type + body)

    assert [(part.content_type, part.body) for part in message.parts] == [
        ("text/plain", b"a"),
        ("text/html", b"b"),
    ]


def test_a_multipart_without_any_delimiter_is_one_leaf():
    """What it holds is not lost."""
    message = parse_message(b"Content-Type: multipart/mixed; boundary=x\n\nonly words\n")

    assert [part.body for part in message.parts] == [b"only words\n"]


def test_a_delimiter_stands_at_the_head_of_a_line():
    """The same characters in the middle of a line are text."""
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\na --x b\n--x--\n"

    assert [part.body for part in parse_message(raw).parts] == [b"a --x b"]


def test_a_part_without_a_header_is_plain_text():
    """RFC 2045 §5.2."""
    part = parse_part(b"\nwords")

    assert (part.fields, part.content_type, part.body) == ((), "text/plain", b"words")


def test_without_a_blank_line_all_is_header():
    """A mail cut off in its header still has the fields that came."""
    part = parse_part(b"Subject: Lunch\nTo: anna@exam")

    assert (part.field("subject"), part.field("to"), part.body) == ("Lunch", "anna@exam", b"")


def test_parts_are_bounded():
    """Ten thousand parts are read as far as the bound goes."""
    many = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 10_000

    assert len(parse_message(many).parts) == 1000


def test_depth_is_bounded():
    """A thousand levels end in one leaf, and it holds the rest."""
    levels = (
        f"Content-Type: multipart/mixed; boundary=b{n:04}e\n\n--b{n:04}e\n" for n in range(1000)
    )
    message = parse_message("".join(levels).encode())

    assert len(message.parts) == 1
    assert message.parts[0].body.endswith(b"--b0999e\n")


def test_a_long_header_is_read_up_to_its_bound():
    """A megabyte of fields does not hide the first ones."""
    raw = b"Subject: Lunch\n" + b"X-Pad: " + b"a" * 1_000_000 + b"\n\nbody"
    message = parse_message(raw)

    assert message.field("subject") == "Lunch"
    assert message.parts[0].body == b"body"


TEXTS = {
    "utf-8": ("text/plain; charset=utf-8", "", "café".encode(), "café"),
    "charset-in-quotes": ('text/plain; charset="ISO-8859-1"', "", b"caf\xe9", "café"),
    "quoted-printable": ("text/plain; charset=utf-8", "Quoted-Printable", b"caf=C3=A9 =\nau", "café au"),
    "base64": ("text/plain; charset=utf-8", "base64", base64.b64encode("café au ".encode()), "café au "),
    "base64-with-line-breaks-and-noise": ("text/plain", "base64", b"bHV\r\nu*Y\n2hh!", "luncha"),
    "iso-2022-jp": ("text/plain; charset=iso-2022-jp", "7bit", "不明".encode("iso-2022-jp"), "不明"),
    "koi8-r": ("text/plain; charset=koi8-r", "8bit", "ящик".encode("koi8-r"), "ящик"),
    "unknown-encoding": ("text/plain", "x-uuencode", b"as it stands", "as it stands"),
    "unknown-charset": ("text/plain; charset=x-unknown", "", "café".encode(), "café"),
    "wrong-charset": ("text/plain; charset=us-ascii", "", "café".encode(), "café"),
    "no-charset-fits": ("text/plain; charset=utf-8", "", b"caf\xe9", "café"),
    "a-codec-that-is-no-charset": ("text/plain; charset=base64", "", b"as it stands", "as it stands"),
}  # fmt: skip


@pytest.mark.parametrize(("content_type", "encoding", "body", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_decoded(content_type, encoding, body, text):
    """Transfer encoding, then charset; what is wrongly declared is read as well as it goes."""
    assert text == part_of(content_type, encoding, body).text()


@given(st.binary(max_size=1500), st.sampled_from(["base64", "quoted-printable", "8bit", ""]))
def test_no_body_makes_decoding_raise(body, encoding):
    """Under any encoding and a charset that has errors of its own."""
    for charset in ("utf-8", "utf-16", "iso-2022-jp", "idna", "punycode", "x"):
        part = part_of(f"text/plain; charset={charset}", encoding, body)

        assert isinstance(part.text(), str)


def part_of(content_type, encoding, body):
    """Return a part with that header and body."""
    header = f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n"
    return parse_part(header.encode() + body)


LINES = st.text(st.characters(codec="ascii", exclude_characters="\r\n-"), max_size=40)


@given(st.lists(st.lists(LINES, max_size=5), min_size=1, max_size=8))
def test_what_was_put_into_parts_comes_out_of_them(bodies):
    """As many parts as there were, in order, each with its own lines."""
    written = ["\n".join(lines).strip("\n") for lines in bodies]
    raw = "Content-Type: multipart/mixed; boundary=b\n\n" + "".join(
        f"--b\nContent-Type: text/plain\n\n{body}\n" for body in written
    )
    message = parse_message(f"{raw}--b--\n".encode())

    assert written == [part.body.decode().strip("\n") for part in message.parts]


@given(st.binary(max_size=1500))
def test_no_bytes_make_parsing_raise(raw):
    """Whatever arrives has at least one part."""
    assert parse_message(raw).parts
    assert (
        parse_message(b"Content-Type: multipart/mixed; boundary=b\n\n--b" + raw).parts is not None
    )
