"""How many connections a listener holds, from whom, and how many are enough."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from whybounce.gateway.smtp.server.answers import (
    TOO_MANY_CLIENTS,
    TOO_MANY_CONNECTIONS,
    Answer,
)

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most connections at one time."""

    listener: int = 1000
    address: int = 20
    network: int = 50  # From one IPv6 /64, which is what one customer gets.


class ConnectionCount:
    """The connections of one listener. It holds no more entries than there are connections."""

    def __init__(self, caps: Caps) -> None:
        self.open = 0
        self._caps = caps
        self._addresses: dict[Address, int] = {}
        self._networks: dict[Address, int] = {}

    def enter(self) -> Answer | None:
        """Count a connection; the answer says why it cannot stay. It is counted until ``leave``."""
        self.open += 1
        return TOO_MANY_CLIENTS if self.open > self._caps.listener else None

    def leave(self) -> None:
        """Count a connection no more."""
        self.open -= 1

    def admit(self, client: Address) -> Answer | None:
        """Count a client, known when its proxy has named it. Counted unless refused."""
        counters = self._counters(client)
        if any(counter.get(key, 0) >= cap for counter, key, cap in counters):
            return TOO_MANY_CONNECTIONS
        for counter, key, _ in counters:
            counter[key] = counter.get(key, 0) + 1
        return None

    def release(self, client: Address) -> None:
        """Count an admitted client no more."""
        for counter, key, _ in self._counters(client):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]

    def _counters(self, client: Address) -> list[tuple[dict[Address, int], Address, int]]:
        counters = [(self._addresses, client, self._caps.address)]
        if isinstance(client, IPv6Address):
            counters.append((self._networks, network_of(client), self._caps.network))
        return counters

    def __len__(self) -> int:
        return len(self._addresses) + len(self._networks)


def network_of(client: Address) -> Address:
    """Return the first address of an IPv6 /64; an IPv4 address is its own."""
    if isinstance(client, IPv6Address):
        return IPv6Address(int(client) >> 64 << 64)
    return client
