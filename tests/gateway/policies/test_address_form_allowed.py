"""Forms of address that a domain forbids."""

import pytest

from facts import STRANGER, cause_of, replace
from whybounce.gateway.addresses import DomainName
from whybounce.gateway.directory import AddressForm, Domain
from whybounce.gateway.policies.address_form_allowed import judge
from whybounce.vocabulary.envelope import Recipient

REFUSED = "recipient-address-rejected"


@pytest.mark.parametrize(
    ("address", "forbidden", "cause"),
    [
        ("ben@contoso.example", tuple(AddressForm), None),
        ('"ben bauer"@contoso.example', (), None),
        ('"ben bauer"@contoso.example', (AddressForm.QUOTED,), REFUSED),
        ('"ben@home"@contoso.example', (AddressForm.ROUTED,), REFUSED),
        ("ben%fabrikam.example@contoso.example", (AddressForm.ROUTED,), REFUSED),
        ("fabrikam!ben@contoso.example", (AddressForm.ROUTED,), REFUSED),
        ("fabrikam!ben@contoso.example", (AddressForm.QUOTED,), None),
        ("ben+news@contoso.example", (AddressForm.TAGGED,), REFUSED),
        ("+ben@contoso.example", (AddressForm.TAGGED,), None),
        ("ben-news@contoso.example", (AddressForm.TAGGED,), None),
        ("bénédicte@contoso.example", (AddressForm.INTERNATIONALIZED,), REFUSED),
        ("bénédicte@contoso.example", (AddressForm.TAGGED,), None),
    ],
)
def test_a_domain_does_without_the_forms_it_names(address, forbidden, cause):
    domain = Domain(name=DomainName("contoso.example"), forbidden_forms=forbidden)

    assert cause_of(judge(replace(STRANGER, recipient=Recipient(address), domain=domain))) == cause


def test_what_goes_elsewhere_is_the_other_domains_to_judge():
    facts = replace(STRANGER, recipient=Recipient("a%b@remote.example"), domain=None)

    assert cause_of(judge(facts)) is None
