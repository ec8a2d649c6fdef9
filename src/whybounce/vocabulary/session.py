"""Who is connected, and what is known of them."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address


@dataclass(frozen=True, slots=True)
class Tls:
    """What a TLS handshake agreed on."""

    version: str  # "TLSv1.3".
    cipher: str  # "TLS_AES_256_GCM_SHA384".
    verified: bool = False  # Whether the peer's certificate was demanded and found good.
    chain: tuple[bytes, ...] = ()  # The peer's certificates as sent, DER, its own first.
    names: tuple[str, ...] = ()  # The host names in its own certificate, where it was found good.


@dataclass(frozen=True, slots=True)
class Session:
    """One connection of a client, as far as it has come."""

    id: str  # The trace id: in replies, logs and events.
    listener: str  # The name of the port it came in by: "inbound", "submission".
    address: IPv4Address | IPv6Address  # The client's; behind a proxy, the one the proxy names.
    port: int
    name: str | None = None  # The client's host name, where a trusted proxy told it.
    proxy: IPv4Address | IPv6Address | None = None  # The proxy that told us address or name.
    helo: str | None = None  # What it called itself.
    esmtp: bool = False  # Greeted with EHLO rather than HELO.
    spoke_early: bool = False  # Sent something before it was greeted.
    tls: Tls | None = None
    account: str | None = None  # Whom it authenticated as.
