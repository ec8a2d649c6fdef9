"""Servers that stand on the very machine that talks to them, such as a filter at ``127.0.0.1``."""

import re

_LOOPBACK = re.compile(
    r"localhost(?:\.localdomain)?\.?|\[?(?:127(?:\.\d{1,3}){3}|(?:IPv6:)?::1)\]?", re.IGNORECASE
)


def is_loopback(host: str) -> bool:
    """Say whether the host is the speaker's own machine: RFC 1122 §3.2.1.3, RFC 4291 §2.5.3."""
    return _LOOPBACK.fullmatch(host) is not None
