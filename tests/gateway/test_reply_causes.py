"""What a server's reply comes to."""

import pytest

from whybounce.gateway.reply_causes import cause_of


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("452 4.2.2 The mailbox is over its quota", "mailbox-full"),
        ("550 5.1.1 User unknown", "no-such-mailbox"),
        ("the moon is made of cheese", None),
        ("", None),
    ],
)
def test_a_reply_tells_of_a_cause_or_of_none(reply: str, cause: str | None):
    """What is not known is no cause."""
    assert cause_of(reply) == cause
