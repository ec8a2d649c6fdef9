"""Replies, and what is none."""

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.client.hearing import _MOST_OCTETS, Fault, ReplyReader, ServerReply
from whybounce.gateway.smtp.replies import write_reply
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode


def _heard(octets: bytes) -> ServerReply | Fault | None:
    reader = ReplyReader()
    reader.receive(octets)
    return reader.next()


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 wait\r\n",
        b"650 what\r\n",
        b"250ok\r\n",
        b" 250 ok\r\n",
        b"250-a\r\nb\r\n250 c\r\n",
        b"\x16\x03\x01\x02\x00\n",
        b"250 " + b"a" * 5000 + b"\r\n",
        b"a" * 5000,
        b"250-a\r\n" * 300 + b"250 a\r\n",
    ],
    ids=lambda octets: repr(octets[:20]),
)
def test_what_is_no_reply_is_a_fault(octets: bytes):
    """And whatever follows it is one too."""
    reader = ReplyReader()
    reader.receive(octets)
    first = reader.next()
    reader.receive(b"250 ok\r\n")

    assert first is Fault.NOT_SMTP
    assert reader.next() is Fault.NOT_SMTP


@pytest.mark.parametrize("piece", [b"a", b"250-a\r\n", b"250 a", b"\n"], ids=repr)
def test_an_endless_reply_is_not_kept(piece: bytes):
    """It is given up within its bounds, and nothing more is taken."""
    reader = ReplyReader()
    for _ in range(100_000):
        reader.receive(piece)
        if reader.next() is not None:
            break
    else:
        pytest.fail("it went on for ever")


def test_replies_that_nobody_asked_for_are_not_kept_without_end():
    """Each of them is well made; together they would fill the memory."""
    reader = ReplyReader()
    some = b"250 Ok\r\n" * 1_000
    for _ in range(_MOST_OCTETS // len(some)):
        reader.receive(some)
    assert isinstance(reader.next(), ServerReply)

    for _ in range(2):
        reader.receive(some)
    assert reader.next() is Fault.NOT_SMTP


def test_a_reply_is_read_as_a_reply():
    """Numbers and words, those of each line once."""
    heard = _heard(b"550-5.7.1 Not from\r\n550 5.7.1 your address\r\n")

    assert isinstance(heard, ServerReply)
    assert heard.reply == Reply("Not from your address", 550, StatusCode(5, 7, 1))


def test_a_wrapped_reply_keeps_what_it_wraps():
    """What the next hop's next hop said."""
    heard = _heard(b"550 5.4.300 Message expired -> 421 4.4.2 Connection dropped\r\n")

    assert isinstance(heard, ServerReply)
    assert heard.reply.innermost.code == 421


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_what_our_server_writes_our_client_reads(text: str):
    """Whole, though it needs several lines."""
    heard = _heard(write_reply(Reply(text, 450)))

    assert isinstance(heard, ServerReply)
    assert "".join(heard.lines) == text
    assert heard.code == 450


@given(st.lists(st.binary(max_size=20)))
def test_reading_never_raises(pieces: list[bytes]):
    """Whatever a server says, in whatever pieces, the same is heard."""
    whole, cut = ReplyReader(), ReplyReader()
    whole.receive(b"".join(pieces))
    heard = []
    for piece in pieces:
        cut.receive(piece)
        while isinstance(reply := cut.next(), ServerReply):
            assert reply.reply is not None
            heard.append(reply)

    again = []
    while isinstance(reply := whole.next(), ServerReply):
        again.append(reply)
    assert again == heard
    assert whole.next() is cut.next()
