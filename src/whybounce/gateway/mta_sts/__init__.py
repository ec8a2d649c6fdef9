"""MTA-STS policies as the gateway holds them: found, fetched, kept as long as they say, renewed in time.

``Policies`` answers for a domain while mail is delivered; ``refresh`` is a chore for now and then. A
domain whose policy cannot be had, and never could, has none: its mail goes on (RFC 8461 §5.1).
"""

from whybounce.gateway.mta_sts.policies import Policies
from whybounce.gateway.mta_sts.refreshing import Refreshed, refresh

__all__ = ["Policies", "Refreshed", "refresh"]
