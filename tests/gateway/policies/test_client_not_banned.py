"""Clients that are banned until somebody has looked into it."""

import pytest

from facts import COLLEAGUE, OUR_SERVER, STRANGER, blocked, cause_of, replace
from whybounce.gateway.policies.client_not_banned import judge

BANNED = blocked(STRANGER, "ip", "192.0.2.0/24", "banned-ip", "a case")


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (BANNED, "banned-ip"),
        (replace(BANNED, connector=OUR_SERVER), "banned-ip"),
        (replace(COLLEAGUE, blocks=BANNED.blocks), None),
        (blocked(STRANGER, "ip", "192.0.2.9", "banned-sending-ip", "spam"), None),
        (blocked(STRANGER, "sender", "chris@remote.example", "banned-ip", "oddly"), None),
    ],
)
def test_banned_addresses_are_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_trace_tells_which_entry_it_was():
    assert judge(BANNED).evidence == "192.0.2.0/24: a case"
