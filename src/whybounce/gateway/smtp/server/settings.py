"""What an operator may set about the dialogue, and the bounds on everything a client can send."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

Networks = tuple[IPv4Network | IPv6Network, ...]


class LineEnds(StrEnum):
    """What becomes of a CR or LF that stands alone in a message. Never passed on as it is.

    Servers that disagree on what ends a message can be made to see two messages in one (SMTP
    smuggling); RFC 5321 §2.3.8 allows neither character alone.
    """

    REFUSE = "refuse"
    NORMALISE = "normalise"  # Each becomes CR LF. It never ends the message.


class NulOctets(StrEnum):
    """What becomes of NUL in a message, RFC 5322 §4: obsolete, and a danger to C programs."""

    REFUSE = "refuse"
    STRIP = "strip"


class TlsMode(StrEnum):
    """When a connection is encrypted."""

    OFF = "off"
    STARTTLS = "starttls"  # RFC 3207: when the client asks.
    IMPLICIT = "implicit"  # RFC 8314 §3.3: from the first octet, port 465.


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds on one connection. Sizes are octets, times are seconds."""

    message_octets: int = 36_700_160  # SIZE, RFC 1870: 35 MiB.
    command_octets: int = 2048  # RFC 5321 §4.5.3.1.4 asks for 512; parameters add some 1,200.
    auth_line_octets: int = 12_288  # RFC 4954 §4, for a base64 line.
    discarded_octets: int = 65_536  # Of a command line without end, before we hang up.
    buffered_octets: int = 131_072  # Of pipelined input; above, reading pauses.
    recipients: int = 1000  # In one message; RFC 5321 §4.5.3.1.8 asks for 100 at least.
    errors: int = 20  # Commands we could not follow, in one session.
    unknown_commands: int = 5  # Commands nobody knows, in one session.
    refusals: int = 300  # Of MAIL and RCPT, by the handler, in one session.
    idle_commands: int = 500  # Since the last accepted message: NOOP, RSET, VRFY, EHLO …
    auth_failures: int = 3  # In one session.
    proxy_octets: int = 2048  # Of a PROXY header, with its TLVs.
    idle_seconds: float = 300  # Between two commands, RFC 5321 §4.5.3.2.7.
    data_idle_seconds: float = 180  # Between two pieces of a message.
    message_seconds: float = 3600  # From 354 to the end of the message.
    tls_seconds: float = 60  # For a TLS handshake, and for a PROXY header.
    session_seconds: float = 14_400  # From the first octet to the last command.


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How one listener converses."""

    host: str  # The name we greet with: a host name that the DNS knows.
    listener: str = "inbound"  # The port's name, for sessions, logs and policies.
    tls: TlsMode = TlsMode.OFF
    require_tls: bool = False  # No mail before TLS: 530.
    auth: bool = False  # Offer AUTH, under TLS.
    auth_on_loopback: bool = False  # … and without TLS to clients on this machine: demonstrations.
    require_auth: bool = False  # No mail before AUTH: 530.
    line_ends: LineEnds = LineEnds.REFUSE
    nul_octets: NulOctets = NulOctets.REFUSE
    proxies: Networks = ()  # Who must begin with a PROXY header, version 2.
    xclient: Networks = ()  # Who may say XCLIENT.
    limits: Limits = field(default_factory=Limits)
