"""What a webhook is told, without one."""

import json
from datetime import UTC, datetime

from whybounce.gateway.store.rows import CallKind, Fact
from whybounce.gateway.webhooks.telling import body_of


def test_a_subject_is_told_as_people_read_it():
    """The header has it in encoded words, RFC 2047."""
    fact = Fact(
        CallKind.FAILED, datetime(2026, 3, 1, tzinfo=UTC), "0P9UTKFUKTECL", "anna@example.org",
        message_id=None, subject="=?utf-8?q?Angebot_f=C3=BCr_Ben?=",
    )  # fmt: skip

    assert json.loads(body_of(fact, lambda _: None))["data"]["subject"] == "Angebot für Ben"
