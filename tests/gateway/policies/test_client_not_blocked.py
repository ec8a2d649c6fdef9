"""Whose own lists keep a client out."""

import pytest

from facts import COLLEAGUE, CONTOSO, OUR_SERVER, OURS, RELAY, STRANGER, cause_of, replace
from whybounce.gateway.addresses import DomainName
from whybounce.gateway.directory import Domain, Organisation
from whybounce.gateway.policies.client_not_blocked import judge
from whybounce.gateway.values import Network

NEAR = (Network("198.51.100.0/24"), Network("192.0.2.0/28"))
FAR = (Network("198.51.100.0/24"), Network("2001:db8::/32"))
HOUSE = Organisation(name="Contoso", blocked_networks=NEAR)
DOMAIN = Domain(name=DomainName("contoso.example"), blocked_networks=NEAR)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, receiving=HOUSE), "rejected-by-recipient"),
        (replace(STRANGER, domain=DOMAIN), "customer-block-list"),
        (replace(STRANGER, receiving=HOUSE, domain=DOMAIN), "rejected-by-recipient"),
        (
            replace(STRANGER, receiving=HOUSE, domain=DOMAIN, connector=RELAY),
            "rejected-by-recipient",
        ),
        (replace(STRANGER, receiving=HOUSE, domain=DOMAIN, connector=OUR_SERVER), None),
        (replace(COLLEAGUE, receiving=HOUSE, domain=DOMAIN), None),
        (replace(STRANGER, receiving=Organisation(name="Contoso", blocked_networks=FAR)), None),
        (replace(STRANGER, domain=None, receiving=None), None),
        (replace(STRANGER, domain=OURS, receiving=CONTOSO), None),
    ],
)
def test_an_organisations_list_and_a_domains_are_told_apart(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_entry_that_fits_is_written_down():
    assert "192.0.2.0/28" in judge(replace(STRANGER, receiving=HOUSE)).evidence
