"""What a client can make us keep, and for how long, whatever it sends."""

from ipaddress import ip_address
from itertools import repeat

import pytest

from whybounce.gateway.smtp.server import Limits, ServerDialogue, ServerSettings
from whybounce.gateway.smtp.server.events import (
    BodyChunk,
    Closed,
    Ending,
    MessageComplete,
    Question,
)
from whybounce.vocabulary.session import Session

PIECE = 65_536
HELLO = b"EHLO client.example\r\n"
ENVELOPE = HELLO + b"MAIL FROM:<anna@example.net>\r\nRCPT TO:<bob@example.org>\r\n"


def _dialogue(limits: Limits | None = None) -> ServerDialogue:
    server = ServerSettings(host="mx.example.org", limits=limits or Limits())
    return ServerDialogue(server, Session("t", "inbound", ip_address("192.0.2.1"), 1), 0)


def _play(dialogue: ServerDialogue, now: float = 0) -> tuple[bytes, Ending | None]:
    """Pass every question; return what was said, and how it ended."""
    said, ending = b"", None
    while (event := dialogue.next_event()) is not None:
        if isinstance(event, Closed):
            ending = event.ending
        elif isinstance(event, Question):
            dialogue.answer(None, now)
        said += dialogue.to_send()
    return said + dialogue.to_send(), ending


ENDLESS = {
    "a line": (b"", b"a" * PIECE),
    "blank lines": (b"", b"\r\n" * (PIECE // 2)),
    "what is no command": (b"", b"WHAT\r\n" * (PIECE // 6)),
    "NOOP": (b"", b"NOOP\r\n" * (PIECE // 6)),
    "RSET": (HELLO, b"RSET\r\n" * (PIECE // 6)),
    "EHLO": (b"", HELLO * (PIECE // len(HELLO))),
    "MAIL": (HELLO, b"MAIL FROM:<a@b.example>\r\n" * (PIECE // 25)),
    "MAIL and RSET": (HELLO, b"MAIL FROM:<a@b.example>\r\nRSET\r\n" * (PIECE // 31)),
    "RCPT": (ENVELOPE, b"RCPT TO:<a@b.example>\r\n" * (PIECE // 23)),
    "BDAT of nothing": (HELLO, b"BDAT 0\r\n" * (PIECE // 8)),
    "BDAT out of turn": (b"", b"BDAT 4\r\nabcd" * (PIECE // 12)),
    "a message": (ENVELOPE + b"DATA\r\n", b"a" * PIECE),
    "a message of line feeds": (ENVELOPE + b"DATA\r\n", b"\n" * PIECE),
    "a message of dots": (ENVELOPE + b"DATA\r\n", b"\r\n.." * (PIECE // 4)),
    "a chunk": (ENVELOPE + b"BDAT 1900000\r\n", b"a" * PIECE),
    "zero octets": (b"", b"\0" * PIECE),
}


@pytest.mark.parametrize(("before", "piece"), ENDLESS.values(), ids=ENDLESS)
def test_nothing_goes_on_for_ever(before: bytes, piece: bytes):
    """Every endless stream meets its limit, and little of it is kept on the way."""
    dialogue = _dialogue(Limits(message_octets=1_000_000))
    _play(dialogue)
    dialogue.receive(before, 0)
    _play(dialogue)

    for sent in repeat(piece, 500):
        dialogue.receive(sent, 0)
        said, ending = _play(dialogue)
        assert dialogue.buffered <= PIECE
        if ending is not None:
            break

    assert ending is Ending.HUNG_UP
    assert said.splitlines()[-1][:3] in {b"421", b"552", b"521"}


def test_chunks_of_nothing_end_with_the_messages_time():
    """BDAT 0 again and again moves nothing; the message's own time bounds it."""
    dialogue = _dialogue()
    _play(dialogue)
    dialogue.receive(ENVELOPE, 0)
    _play(dialogue)
    now = 0.0
    while now < Limits().message_seconds:
        dialogue.receive(b"BDAT 0\r\n", now)
        assert _play(dialogue, now)[1] is None
        now += 100
    dialogue.expire(now)

    assert _play(dialogue)[1] is Ending.EXPIRED


def test_input_is_not_wanted_while_an_answer_is_awaited():
    """Pipelined octets wait, and the driver is told when there are enough."""
    dialogue = _dialogue()
    dialogue.next_event()
    dialogue.receive(b"NOOP\r\n" * 30_000, 0)

    assert not dialogue.wants_input
    assert dialogue.next_event() is None
    assert dialogue.to_send() == b""


def test_our_own_slowness_is_not_the_clients():
    """No deadline runs while a question is open; afterwards the client's time begins anew."""
    dialogue = _dialogue()
    dialogue.next_event()
    assert dialogue.deadline is None
    dialogue.expire(1e9)
    dialogue.answer(None, 1000)

    assert dialogue.next_event() is None
    assert dialogue.deadline == 1000 + Limits().idle_seconds


def test_an_answer_without_a_question_is_the_drivers_mistake():
    """And is told."""
    dialogue = _dialogue()
    dialogue.next_event()
    dialogue.answer(None, 0)

    with pytest.raises(RuntimeError, match="no question"):
        dialogue.answer(None, 0)


def test_a_large_message_passes_through_in_pieces():
    """Nothing of it stays."""
    dialogue = _dialogue()
    _play(dialogue)
    dialogue.receive(ENVELOPE + b"DATA\r\n", 0)
    _play(dialogue)
    line = b"." * 75 + b"\r\n"
    for _ in range(300):
        dialogue.receive(line * 1000, 0)
        event = dialogue.next_event()
        assert isinstance(event, BodyChunk)
        assert dialogue.next_event() is None
        assert dialogue.buffered <= 4
    dialogue.receive(b".\r\n", 0)
    dialogue.next_event()
    complete = dialogue.next_event()

    assert isinstance(complete, MessageComplete)
    assert complete.octets == 300 * 1000 * 76
