"""Refuse to carry strangers' mail to strangers.

Whoever relays for anybody is soon used by spammers and blocked by everybody. Those who are logged in,
and servers that a connector allows to, may send to anywhere. Three answers, because three different
people must act: whoever runs a customer's server that is not recognised; whoever set the MX of a domain
to us that we do not serve; and anybody else.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Need, Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse where neither the recipient's domain nor the client is ours."""
    if facts.domain or facts.may_relay or facts.is_return:
        return PASS
    if facts.claims_to_be_ours and facts.connector is None:
        return Refuse("tenant-attribution", facts.values)
    if facts.leads_here:
        return Refuse("relay-access-denied", facts.values, "the MX of the domain is this server")
    return Refuse("unable-to-relay", facts.values)


POLICY = Policy(
    "relay_allowed",
    Stage.RCPT,
    ("tenant-attribution", "relay-access-denied", "unable-to-relay"),
    judge,
    settings=("inbound-connector.may-relay",),
    needs=frozenset({Need.EXCHANGERS}),
)
