"""What encryption a delivery demands, by recipient domain: the seam for MTA-STS, DANE and connectors.

The default is RFC 7435's opportunistic security: encrypt where it is offered, take any certificate,
and deliver in the clear rather than not at all.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from whybounce.gateway.delivery.attempts import Obstacle
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.smtp.tls import opportunistic_context
from whybounce.vocabulary.session import Tls


@dataclass(frozen=True, slots=True, eq=False)
class TlsPolicy:
    """What is demanded of a connection. One object for all deliveries that may share one."""

    name: str  # As attempts tell it: "opportunistic", "mta-sts", "dane".
    context: ssl.SSLContext | None  # None: no TLS, whatever is offered.
    required: bool = False  # Rather deliver later than in the clear.
    untrusted: str = "tls-handshake-failed"  # The cause where the certificate does not verify.
    # What else the certificates must be, once there are some: DANE's, RFC 7672.
    judge: Callable[[Host, Tls], Obstacle | None] | None = None


TlsPolicies = Callable[[str, tuple[Host, ...]], Awaitable[TlsPolicy]]
"""Given a recipient domain and the hosts its mail goes to, says what is demanded."""


def always(policy: TlsPolicy) -> TlsPolicies:
    """Demand the same of everybody."""

    async def policy_for(domain: str, hosts: tuple[Host, ...]) -> TlsPolicy:  # noqa: ARG001  # the hook's shape
        return policy

    return policy_for


def opportunistic() -> TlsPolicy:
    """Return the policy for those who demand nothing."""
    return TlsPolicy("opportunistic", opportunistic_context())
