"""A reply on one line, with what it wraps."""

import pytest

from whybounce.notation import read_reply, write_reply
from whybounce.vocabulary.reply import Reply


@pytest.mark.parametrize(
    "line",
    [
        "550 5.1.1 User unknown",
        "550 User unknown",
        "550 5.1.351 Remote server returned unknown recipient -> 550 Nobody",
        "550 5.4.300 Expired -> 421 4.4.2 Dropped -> 421 Bye",
    ],
)
def test_what_is_written_is_read_again(line):
    """read_reply's counterpart."""
    assert write_reply(read_reply(line)) == line
    assert read_reply(write_reply(read_reply(line))) == read_reply(line)


def test_nothing_said_is_nothing_written():
    """A reply without numbers or words."""
    assert write_reply(Reply("")) == ""
