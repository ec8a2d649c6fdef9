r"""The PROXY protocol, version 2: a load balancer says whose connection it passes on.

    signature    \r\n\r\n\0\r\nQUIT\n                       12 octets
    version      2, and command: 0 LOCAL, 1 PROXY             1 octet
    family       1 IPv4, 2 IPv6; and transport: 1 stream      1 octet
    length       of what follows: addresses, then TLVs        2 octets

The TLVs are passed over. A connection that must begin so and does not has no claim to an answer.
Specification: HAProxy's proxy-protocol.txt §2.2.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from whybounce.gateway.smtp.server.incoming import Incoming

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_HEADER = struct.Struct("!12sBBH")
_IPV4 = struct.Struct("!4s4sHH")
_IPV6 = struct.Struct("!16s16sHH")
_LOCAL, _PROXY = 0x20, 0x21
_UNSPECIFIED, _STREAM_IPV4, _STREAM_IPV6 = 0x00, 0x11, 0x21


class BadProxyHeaderError(ValueError):
    """The connection does not begin with a header of version 2 that we can use."""


@dataclass(frozen=True, slots=True)
class Proxied:
    """Who is behind the proxy; no address where the proxy speaks for itself."""

    address: IPv4Address | IPv6Address | None
    port: int


def read_proxy_header(incoming: Incoming, most: int) -> Proxied | None:
    """Take the header off the front; None where it has not all arrived. Raises BadProxyHeaderError."""
    octets = bytes(incoming.octets[: _HEADER.size])
    if not _SIGNATURE.startswith(octets[: len(_SIGNATURE)]):
        raise BadProxyHeaderError("no signature of version 2")
    if len(octets) < _HEADER.size:
        return None
    _, command, family, length = _HEADER.unpack(octets)
    if command not in {_LOCAL, _PROXY}:
        raise BadProxyHeaderError(f"version and command are 0x{command:02x}")
    if _HEADER.size + length > most:
        raise BadProxyHeaderError(f"{length} octets are too many")
    if len(incoming) < _HEADER.size + length:
        return None
    content = incoming.take(_HEADER.size + length)[_HEADER.size :]
    if command == _LOCAL or family == _UNSPECIFIED:
        return Proxied(None, 0)
    return _addresses(family, content)


def _addresses(family: int, content: bytes) -> Proxied:
    try:
        if family == _STREAM_IPV4:
            source, _, port, _ = _IPV4.unpack_from(content)
            return Proxied(IPv4Address(source), port)
        if family == _STREAM_IPV6:
            source, _, port, _ = _IPV6.unpack_from(content)
            address = IPv6Address(source)
            return Proxied(address.ipv4_mapped or address, port)
    except struct.error as error:
        raise BadProxyHeaderError("too short for its addresses") from error
    raise BadProxyHeaderError(f"family and transport are 0x{family:02x}")
