"""Endings that some server somewhere takes for the end of a message. RFC 5321 §4.1.1.4.

Whoever believes that a message ended where the sender did not mean it to reads the rest as commands:
a second message, with a sender of the first one's choosing.
"""

from ipaddress import ip_address
from itertools import product

import pytest

from whybounce.gateway.smtp.server import LineEnds, NulOctets, ServerDialogue, ServerSettings
from whybounce.gateway.smtp.server.events import BodyChunk, BodyDropped, Closed, MessageComplete
from whybounce.vocabulary.session import Session

ENVELOPE = b"MAIL FROM:<anna@example.net>\r\nRCPT TO:<bob@example.org>\r\n"
SMUGGLED = (
    b"MAIL FROM:<admin@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSmuggled\r\n.\r\n"
)
LINE_ENDS = (b"\n", b"\r", b"\r\n", b"\n\r", b"\r\r\n", b"\r\n\0", b"\0\r\n", b"\x85", b"\x0b")
ENDINGS = [before + b"." + after for before, after in product(LINE_ENDS, repeat=2)]
ENDINGS += [b"\r\n..\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n. \r\n", b"\r\n\xff.\r\n"]
# With CR LF . CR LF in it a message does end there.
SMUGGLING = [ending for ending in ENDINGS if b"\r\n.\r\n" not in ending]


def _messages(octets: bytes, **mending: LineEnds | NulOctets) -> tuple[list[bytes], bytes]:
    """Return the messages that a conversation brings, and what was said."""
    server = ServerSettings(host="mx.example.org", **mending)
    session = Session("t", "inbound", ip_address("192.0.2.1"), 1)
    dialogue = ServerDialogue(server, session, 0)
    dialogue.next_event()
    dialogue.answer(None, 0)
    dialogue.receive(octets, 0)
    messages, body = [], b""
    while (event := dialogue.next_event()) is not None:
        match event:
            case BodyChunk(piece):
                body += piece
                continue
            case BodyDropped():
                body = b""
                continue
            case Closed():
                break
            case MessageComplete():
                messages.append(body)
                body = b""
        dialogue.answer(None, 0)
    return messages, dialogue.to_send()


@pytest.mark.parametrize("ending", SMUGGLING, ids=repr)
def test_what_is_no_end_ends_nothing(ending: bytes):
    """One message arrives or none; what stands behind the false end is part of it."""
    said = b"HELO client.example\r\n" + ENVELOPE + b"DATA\r\nHello" + ending + SMUGGLED
    messages, replies = _messages(said)

    assert len(messages) <= 1
    assert replies.count(b"354 ") == 1
    assert all(b"MAIL FROM:<admin@example.org>" in message for message in messages)


@pytest.mark.parametrize("ending", SMUGGLING, ids=repr)
def test_what_is_mended_ends_nothing(ending: bytes):
    """The settings that mend line ends make a clean message of it, not two."""
    said = b"HELO client.example\r\n" + ENVELOPE + b"DATA\r\nHello" + ending + SMUGGLED
    messages, replies = _messages(said, line_ends=LineEnds.NORMALISE, nul_octets=NulOctets.STRIP)

    assert len(messages) == 1
    assert replies.count(b"354 ") == 1
    assert b"MAIL FROM:<admin@example.org>" in messages[0]
    assert messages[0].count(b"\r") == messages[0].count(b"\n") == messages[0].count(b"\r\n")
    assert b"\0" not in messages[0]


@pytest.mark.parametrize(
    "octets", [b"Hello\r\n.\r\n", b"Hello\r\n\r\n.\r\n", b"..\r\n.\r\n", b".\r\n"], ids=repr
)
def test_the_true_end_ends_the_message(octets: bytes):
    """And what follows is a command."""
    messages, replies = _messages(b"HELO a\r\n" + ENVELOPE + b"DATA\r\n" + octets + b"NOOP\r\n")

    assert len(messages) == 1
    assert replies.endswith(b"Message accepted\r\n250 2.0.0 Still here\r\n")


@pytest.mark.parametrize("ending", [b"\n.\n", b"\r.\r", b"\n", b"\r"], ids=repr)
def test_chunks_refuse_the_same(ending: bytes):
    """BDAT counts its octets, and hands on no line end that DATA would not."""
    body = b"Hello" + ending + b"world\r\n"
    said = b"EHLO a\r\n" + ENVELOPE + b"BDAT %d LAST\r\n" % len(body) + body
    messages, replies = _messages(said)

    assert messages == []
    assert b"550 5.6.11" in replies
