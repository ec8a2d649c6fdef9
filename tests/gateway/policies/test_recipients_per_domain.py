"""How many recipients at one domain are taken with one message."""

import pytest

from facts import COLLEAGUE, OUR_SERVER, STRANGER, cause_of, replace
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.recipients_per_domain import judge
from whybounce.vocabulary.envelope import Recipient

TWO = Limits(recipients_per_domain=2)


def after(*domains: str, facts=STRANGER, limits: Limits = TWO, **more: object):
    """Return the facts of the next recipient, after those at the domains."""
    named = tuple(Recipient(f"r{number}@{name}") for number, name in enumerate(domains))
    return replace(facts, envelope=replace(facts.envelope, recipients=named), limits=limits, **more)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (after("contoso.example"), None),
        (after("contoso.example", "Contoso.Example"), "too-many-recipients-at-once"),
        (after("contoso.example", "fabrikam.example", "fabrikam.example"), None),
        (after("contoso.example", "contoso.example", domain=None), None),
        (after("contoso.example", "contoso.example", limits=Limits()), None),
        (after("contoso.example", "contoso.example", facts=COLLEAGUE), None),
        (after("contoso.example", "contoso.example", connector=OUR_SERVER), None),
    ],
)
def test_the_recipients_beyond_the_limit_are_put_off(facts, cause):
    assert cause_of(judge(facts)) == cause
