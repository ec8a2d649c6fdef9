"""Who is refused because nobody has the address."""

import pytest

from facts import BEN, COLLEAGUE, OURS, STRANGER, cause_of, found, replace
from whybounce.gateway.addresses import DomainName
from whybounce.gateway.directory import Domain, DomainKind, Mailbox
from whybounce.gateway.policies.recipient_exists import judge

EDGE = Domain(name=DomainName("contoso.example"), edge_blocking=True)
EVERYBODYS = Domain(name=DomainName("contoso.example"), consumer=True)
RELAYED = Domain(name=DomainName("contoso.example"), kind=DomainKind.INTERNAL_RELAY)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(Mailbox(address=BEN)), None),
        (STRANGER, "recipient-not-found"),
        (COLLEAGUE, "recipient-not-found"),
        (replace(STRANGER, domain=EDGE), "recipient-rejected-at-edge"),
        (replace(COLLEAGUE, domain=EDGE), "recipient-not-found"),
        (replace(STRANGER, domain=EVERYBODYS), "mailbox-unavailable"),
        (replace(COLLEAGUE, domain=EVERYBODYS), "recipient-not-found"),
        (replace(STRANGER, domain=RELAYED), None),
        (replace(STRANGER, domain=None), None),
        (replace(found(Mailbox(address=BEN)), domain=OURS), None),
    ],
)
def test_only_an_authoritative_domain_knows_who_is_missing(facts, cause):
    assert cause_of(judge(facts)) == cause
