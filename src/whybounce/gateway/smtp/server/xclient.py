"""XCLIENT: a mail server in front of us says whose command it passes on.

    XCLIENT ADDR=192.0.2.1 NAME=mx.example.org HELO=mx.example.org PROTO=ESMTP LOGIN=anna

Values are xtext; ``[UNAVAILABLE]`` and ``[TEMPUNAVAIL]`` say that there is none. Specification:
Postfix's XCLIENT_README.
"""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from whybounce.gateway.smtp.xtext import decode_xtext
from whybounce.vocabulary.session import Session

_ABSENT = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})


class XclientError(ValueError):
    """An attribute cannot be used. Says which."""


def read_xclient(argument: str, session: Session) -> Session:
    """Return the session as the attributes make it. Raises XclientError."""
    changes: dict[str, Any] = {"proxy": session.proxy or session.address}
    attributes = argument.split()
    if not attributes:
        raise XclientError("it has no attributes")
    for attribute in attributes:
        name, _, written = attribute.partition("=")
        field = ATTRIBUTES.get(name.upper())
        value = decode_xtext(written)
        if field is None or not value:
            raise XclientError(
                f"{name.upper()} is not known, or has no value"
                if value is not None
                else "a value is not xtext"
            )
        if field[0]:
            changes[field[0]] = None if value.upper() in _ABSENT else field[1](value)
    if changes.get("address", session.address) is None:
        del changes["address"]
    if changes.get("port", 0) is None:
        changes["port"] = 0
    return replace(session, **changes)


def _address(value: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(value[5:] if value[:5].upper() == "IPV6:" else value)
    except ValueError as error:
        raise XclientError("ADDR is no IP address") from error
    # RFC 4291 §2.5.5.2: an IPv4 client of a socket for both.
    return getattr(address, "ipv4_mapped", None) or address


def _port(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or not 0 < int(value) < 65536:
        raise XclientError("PORT is a number below 65536")
    return int(value)


def _is_esmtp(value: str) -> bool:
    return value.upper() == "ESMTP"


# Attribute → the session's field and its reader; none where we have no use for it.
ATTRIBUTES: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "NAME": ("name", str),
    "ADDR": ("address", _address),
    "PORT": ("port", _port),
    "HELO": ("helo", str),
    "PROTO": ("esmtp", _is_esmtp),
    "LOGIN": ("account", str),
    "DESTADDR": ("", str),
    "DESTPORT": ("", str),
}
