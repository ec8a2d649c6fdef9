"""Refuse mail of a partner's domain that comes from elsewhere, or unencrypted where that was agreed.

An organisation may say of a domain: its mail comes from these servers only, or over TLS only. What
comes otherwise is forged, or somebody's mistake that would go unnoticed.
"""

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.policy import Policy, Stage
from whybounce.gateway.policies.verdicts import PASS, Refuse, Verdict


def judge(facts: Facts) -> Verdict:
    """Refuse what a connector for the sender's domain does not allow."""
    if facts.login is not None:
        return PASS
    if facts.restricting:
        names = ", ".join(each.name for each in facts.restricting)
        why = f"mail of this domain comes by the connector {names} only"
        return Refuse("partner-connector-restriction", facts.values, why)
    connector = facts.connector
    if connector is not None and connector.require_tls and facts.session.tls is None:
        return Refuse("tls-required", facts.values, f"the connector {connector.name} demands TLS")
    return PASS


POLICY = Policy(
    "connector_matched",
    Stage.RCPT,
    ("partner-connector-restriction", "tls-required"),
    judge,
    settings=("inbound-connector.require-match", "inbound-connector.require-tls"),
)
