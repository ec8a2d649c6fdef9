"""What encryption a next hop must give: what the configuration asks of all, and connectors of theirs.

Where several organisations have a connector for a domain, the strictest holds for it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from whybounce.gateway.config import OutboundTls
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.tls_policies import TlsPolicy, opportunistic
from whybounce.gateway.directory import Directory
from whybounce.gateway.directory.nouns import ConnectorTls
from whybounce.gateway.smtp.tls import opportunistic_context, verifying_context

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


def tls_policies() -> dict[OutboundTls, TlsPolicy]:
    """Return one policy for each word: those who share one may share a connection."""
    return {
        OutboundTls.OFF: TlsPolicy("off", None),
        OutboundTls.OPPORTUNISTIC: opportunistic(),
        OutboundTls.ENCRYPT: TlsPolicy("encrypt", opportunistic_context(), required=True),
        OutboundTls.VERIFY: TlsPolicy("verify", verifying_context(), required=True),
    }


@dataclass(frozen=True, slots=True)
class Encrypting:
    """Says what is demanded for a domain."""

    directory: Directory
    organisations: Collection[str]
    policies: dict[OutboundTls, TlsPolicy]
    usual: OutboundTls

    async def __call__(self, domain: str, hosts: tuple[Host, ...]) -> TlsPolicy:  # noqa: ARG002  # the hook's shape
        """Return what is demanded."""
        found = [
            await self.directory.connector_for(domain, organisation=name)
            for name in self.organisations
        ]
        asked = [self.usual, *(_OF_CONNECTOR[each.tls] for each in found if each)]
        return self.policies[max(asked, key=_STRICTEST_LAST.index)]
