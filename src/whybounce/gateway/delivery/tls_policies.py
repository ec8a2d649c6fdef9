"""What encryption a delivery demands of a host: the seam for connectors, DANE and MTA-STS.

The default is RFC 7435's opportunistic security: encrypt where it is offered, take any certificate,
and deliver in the clear rather than not at all.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from whybounce.checking.tls import opportunistic_context
from whybounce.gateway.delivery.attempts import Obstacle
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.vocabulary.session import Tls

Judge = Callable[[Host, Tls], Obstacle | None]
"""Given a host and what it showed, says what is wrong with it. Equal judges judge alike."""


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What is demanded of a connection. Deliveries with equal policies may share one."""

    name: str  # As attempts tell it: "opportunistic", "mta-sts", "dane".
    context: ssl.SSLContext | None  # None: no TLS, whatever is offered.
    required: bool = False  # Rather deliver later than in the clear.
    untrusted: str = "tls-handshake-failed"  # The cause where the certificate does not verify.
    failed: str = "tls-handshake-failed"  # The cause where the handshake fails otherwise.
    server_name: str | None = None  # Whom TLS asks for (SNI); None: the host.
    judge: Judge | None = None  # What else the certificates must be, once there are some.
    otherwise: "TlsPolicy | None" = None  # What holds where this one cannot be had.
    source: str = ""  # Who demands it, in words for administrators: "the MTA-STS policy of …".


@dataclass(frozen=True, slots=True)
class NextHop:
    """A host that mail may be handed to, and why it is that one."""

    domain: str  # The recipients'.
    host: Host
    port: int
    by_mx: tuple[str, ...] = ()  # The domain whose MX records name the host, as it is and in full.
    is_configured: bool = False  # Somebody chose the host: the recipients' domain has no say.


@dataclass(frozen=True, slots=True)
class Barred:
    """Nothing may be handed to a host, and it need not be asked."""

    policy: str | None  # Which bars it, as ``TlsPolicy.name``.
    obstacle: Obstacle


TlsPolicies = Callable[[NextHop], Awaitable[TlsPolicy | Barred]]
"""Says what is demanded of the host, or why nothing may be handed to it."""


def always(policy: TlsPolicy) -> TlsPolicies:
    """Demand the same of everybody."""

    async def policy_for(hop: NextHop) -> TlsPolicy:  # noqa: ARG001  # the hook's shape
        return policy

    return policy_for


def opportunistic() -> TlsPolicy:
    """Return the policy for those who demand nothing."""
    return TlsPolicy("opportunistic", opportunistic_context())
