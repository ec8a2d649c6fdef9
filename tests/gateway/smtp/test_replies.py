"""Replies as they go over the wire."""

import re

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.replies import write_reply
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode

REPLIES = st.builds(
    Reply,
    st.text(),
    st.integers(200, 599),
    st.one_of(st.none(), st.builds(StatusCode, st.just(5), st.integers(0, 7), st.integers(0, 999))),
)


@given(REPLIES, st.booleans())
def test_a_reply_is_lines_a_client_can_read(reply: Reply, smtputf8: bool):  # noqa: FBT001  # drawn
    """RFC 5321 §4.2: whatever the text, numbers on each line, a blank on the last, 512 octets."""
    *lines, end = write_reply(reply, smtputf8=smtputf8).split(b"\r\n")
    numbers = f"{reply.code}" + (f"[- ]{reply.status}" if reply.status else "")

    assert end == b""
    assert all(re.match(numbers.encode(), line) for line in lines)
    assert [line[3:4] for line in lines] == [b"-"] * (len(lines) - 1) + [b" "]
    assert all(len(line) <= 510 for line in lines)
    assert all(line.isascii() or smtputf8 for line in lines)
    assert not any(re.search(rb"[\x00-\x1f\x7f]", line) for line in lines)
    b"".join(lines).decode()


def test_long_text_is_broken_at_blanks():
    """Not in the middle of a word, where there is a choice."""
    words = " ".join(["word"] * 300)
    lines = write_reply(Reply(words, 550, StatusCode(5, 7, 1))).decode().splitlines()

    assert len(lines) == 3
    assert " ".join(line[10:] for line in lines) == words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", b"550-one\r\n550 two\r\n"),
        ("one\r\n250 ok", b"550-one\r\n550 250 ok\r\n"),
        ("b\u00fccher", b"550 b?cher\r\n"),
        ("", b"550 \r\n"),
    ],
)
def test_nothing_in_a_text_begins_another_reply(text: str, line: bytes):
    """A refusal that quotes a remote server cannot answer the next command."""
    assert write_reply(Reply(text, 550)) == line
