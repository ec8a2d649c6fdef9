"""The two ways to send a password: PLAIN (RFC 4616) and LOGIN, which nobody ever specified.

A mechanism is the challenges the server puts and a reader for the client's responses.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who somebody says they are."""

    mechanism: str
    account: str
    password: str = field(repr=False)
    on_behalf_of: str = ""  # The authorization identity of PLAIN; empty: the account itself.


class BadResponseError(ValueError):
    """The client's response is not what the mechanism expects."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One SASL mechanism."""

    challenges: tuple[str, ...]  # As they are sent, in base64.
    read: Callable[[tuple[str, ...]], Credentials]


def decode_response(line: bytes) -> str:
    """Return what the client's base64 says. Raises BadResponseError."""
    try:
        return base64.b64decode(line, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadResponseError("neither base64 nor UTF-8") from error


def write_plain(account: str, password: str) -> str:
    """Return PLAIN's one response, in base64."""
    return base64.b64encode(f"\0{account}\0{password}".encode()).decode()


def write_login(text: str) -> str:
    """Return one of LOGIN's responses, in base64."""
    return base64.b64encode(text.encode()).decode()


def _read_plain(responses: tuple[str, ...]) -> Credentials:
    """RFC 4616 §2: [authzid] NUL authcid NUL passwd."""
    parts = responses[0].split("\0")
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise BadResponseError("PLAIN is an identity, an account and a password")
    return Credentials("PLAIN", parts[1], parts[2], parts[0])


def _read_login(responses: tuple[str, ...]) -> Credentials:
    account, password = responses
    if not account or not password or "\0" in account + password:
        raise BadResponseError("LOGIN is an account and a password")
    return Credentials("LOGIN", account, password)


MECHANISMS: Final = {
    "PLAIN": Mechanism(("",), _read_plain),
    "LOGIN": Mechanism((write_login("Username:"), write_login("Password:")), _read_login),
}
