"""Whom an organisation's people may not write to."""

import pytest
from msgspec.structs import replace as with_

from facts import COLLEAGUE, CONTOSO, STRANGER, cause_of, replace
from whybounce.gateway.directory import Correspondent
from whybounce.gateway.policies.tenant_block_list import judge
from whybounce.vocabulary.envelope import Envelope, Recipient

BLOCKING = with_(
    CONTOSO,
    blocked_recipients=(Correspondent("@banned.example"), Correspondent("x@fine.example")),
)


def writes_to(*addresses: str, facts=COLLEAGUE):
    """Return the facts with those recipients."""
    envelope = Envelope("anna@contoso.example", tuple(map(Recipient, addresses)))
    return replace(facts, organisation=BLOCKING, envelope=envelope)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (writes_to("a@fine.example"), None),
        (writes_to("a@banned.example"), "tenant-block-list"),
        (writes_to("a@Banned.Example"), "tenant-block-list"),
        (writes_to("a@fine.example", "X@fine.example"), "tenant-block-list"),
        (writes_to("a@below.banned.example"), None),
        (writes_to("a@banned.example", facts=STRANGER), None),
        (COLLEAGUE, None),
    ],
)
def test_one_blocked_recipient_stops_the_whole_message(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_all_that_are_blocked_are_named_and_nobody_else():
    refused = judge(writes_to("a@banned.example", "a@fine.example", "x@fine.example"))

    assert refused.values["recipient"] == "a@banned.example, x@fine.example"
