"""What a domain's MTA-STS policy demands of a host: RFC 8461 §5.

The policy belongs to the recipients' domain. Hosts that other domains share are not concerned, and a
host that somebody configured is not the domain's to speak of.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from whybounce.checking.mta_sts import Mode, StsPolicy
from whybounce.gateway.delivery.attempts import Obstacle
from whybounce.gateway.delivery.tls_policies import Barred, NextHop, TlsPolicy

ENFORCED = "mta-sts"
TESTING = "mta-sts-testing"
TESTING_MISMATCH = "mta-sts-testing-mismatch"  # The host is not in a policy that is only tested.

PolicyOf = Callable[[str], Awaitable[StsPolicy | None]]
"""Returns a domain's policy, if it has one that is in force."""


@dataclass(frozen=True, slots=True)
class MtaSts:
    """Says what domains demand."""

    policy_of: PolicyOf
    context: ssl.SSLContext  # One that takes only certificates that this system trusts.

    async def policy_for(self, hop: NextHop, usual: TlsPolicy) -> TlsPolicy | Barred | None:
        """Return what is demanded of the host, or why it is passed over; None for nothing.

        Args:
            hop: The host.
            usual: What would be demanded if there were no policy.

        """
        if hop.is_configured or hop.domain.startswith("["):
            return None
        policy = await self.policy_of(hop.domain)
        if policy is None or policy.mode is Mode.NONE:
            return None
        testing = policy.mode is Mode.TESTING
        if not policy.covers(hop.host.name):
            if testing:
                return TlsPolicy(
                    TESTING_MISMATCH,
                    usual.context,
                    required=usual.required,
                    untrusted=usual.untrusted,
                )
            evidence = (
                f"{hop.host.name} is in none of its lines: {', '.join(policy.lines[2:-1][:8])}"
            )
            return Barred(ENFORCED, Obstacle("mta-sts-mx-mismatch", evidence))
        return TlsPolicy(
            TESTING if testing else ENFORCED,
            self.context,
            required=True,
            untrusted="mta-sts-certificate",
            otherwise=usual if testing else None,
            source=f"the MTA-STS policy of {hop.domain}, mode: {policy.mode}",
        )
