"""What encryption a next hop must give: its domain's own policies, connectors, and the configuration.

DANE's records come first, and where they do not hold nothing else makes up for it (RFC 8461 §2); then
the domain's MTA-STS policy; then what our side asks. Where several organisations have a connector
for a domain, the strictest holds for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from whybounce.checking.tls import opportunistic_context, verifying_context
from whybounce.gateway.config import OutboundTls
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.tls_policies import Barred, NextHop, TlsPolicy, opportunistic
from whybounce.gateway.directory import Directory
from whybounce.gateway.directory.nouns import ConnectorTls

_STRICTEST_LAST = (
    OutboundTls.OFF,
    OutboundTls.OPPORTUNISTIC,
    OutboundTls.ENCRYPT,
    OutboundTls.VERIFY,
)
_OF_CONNECTOR = {
    ConnectorTls.OPPORTUNISTIC: OutboundTls.OPPORTUNISTIC,
    ConnectorTls.ENCRYPT: OutboundTls.ENCRYPT,
    ConnectorTls.VERIFY: OutboundTls.VERIFY,
}


def tls_policies(authorities: Path | None = None) -> dict[OutboundTls, TlsPolicy]:
    """Return one policy for each word. ``authorities`` is a file of more to trust."""
    return {
        OutboundTls.OFF: TlsPolicy("off", None),
        OutboundTls.OPPORTUNISTIC: opportunistic(),
        OutboundTls.ENCRYPT: TlsPolicy(
            "encrypt", opportunistic_context(), required=True, source="our own setting “encrypt”"
        ),
        OutboundTls.VERIFY: TlsPolicy(
            "verify",
            verifying_context(authorities),
            required=True,
            untrusted="partner-certificate-invalid",
            source="our own setting “verify”",
        ),
    }


@dataclass(frozen=True, slots=True)
class Encrypting:
    """Says what is demanded of a host."""

    directory: Directory
    organisations: Collection[str]
    policies: dict[OutboundTls, TlsPolicy]
    usual: OutboundTls
    dane: Dane | None = None  # None: the DNS is not asked, or cannot be believed.
    mta_sts: MtaSts | None = None

    async def __call__(self, hop: NextHop) -> TlsPolicy | Barred:
        """Return what is demanded, or why nothing may be handed to the host."""
        ours = await self._ours(hop.domain)
        published = None if self.dane is None else await self.dane.policy_for(hop)
        if isinstance(published, Barred) or (published and published.judge):
            return published
        usual = self._stricter(ours, published)
        if self.mta_sts is None:
            return usual
        return await self.mta_sts.policy_for(hop, usual) or usual

    async def _ours(self, domain: str) -> OutboundTls:
        found = [
            await self.directory.connector_for(domain, organisation=name)
            for name in self.organisations
        ]
        asked = [self.usual, *(_OF_CONNECTOR[each.tls] for each in found if each)]
        return max(asked, key=_STRICTEST_LAST.index)

    def _stricter(self, ours: OutboundTls, published: TlsPolicy | None) -> TlsPolicy:
        """Return what we ask, or what records that cannot be used ask: encryption."""
        if published is None or ours is OutboundTls.VERIFY:
            return self.policies[ours]
        return published
