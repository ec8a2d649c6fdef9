"""Refuse addresses in a form that the domain gives to nobody.

``"anna arendt"@…`` and ``anna%other.example@…`` are written by those who try what a server lets through,
hardly by anybody who has the address from its owner. A domain says which forms it does without.
"""

from collections.abc import Callable, Mapping

from whybounce.gateway.addresses import without_tag
from whybounce.gateway.directory import AddressForm, Domain
from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict

_HAS: Mapping[AddressForm, Callable[[str, Domain], bool]] = {
    AddressForm.QUOTED: lambda local, _: local.startswith('"'),
    AddressForm.ROUTED: lambda local, _: any(mark in local for mark in "%!@"),
    AddressForm.TAGGED: lambda local, domain: (
        without_tag(f"{local}@{domain.name}", domain.tag_separator) is not None
    ),
    AddressForm.INTERNATIONALIZED: lambda local, _: not local.isascii(),
}


def judge(facts: Facts) -> Verdict:
    """Refuse the first form that the domain forbids and the address has."""
    if facts.domain is None:
        return PASS
    local = facts.recipient.address.rpartition("@")[0]
    for form in facts.domain.forbidden_forms:
        if _HAS[form](local, facts.domain):
            return Refuse("recipient-address-rejected", facts.values, f"it is {form}")
    return PASS


POLICY = Policy(
    "address_form_allowed",
    Stage.RCPT,
    ("recipient-address-rejected",),
    judge,
    settings=("domain.forbidden-forms",),
)
