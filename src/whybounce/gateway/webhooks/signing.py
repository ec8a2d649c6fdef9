"""Signatures by which a webhook knows that we say it, and when: Standard Webhooks, ``v1``.

HMAC-SHA256 (RFC 2104) over the call's id, the time and the body, with points between.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping

_PREFIX = "whsec_"
_SHORTEST = 24  # Octets, as the standard has it.
WANTED = 'at least 24 octets: "whsec_" and base64, or letters as they are'


def key_of(secret: str) -> bytes:
    """Return the key that the secret stands for.

    Raises:
        ValueError: It is no base64 where it says so, or it is too short to protect anything.

    """
    key = secret.encode()
    if secret.startswith(_PREFIX):
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    if len(key) < _SHORTEST:
        raise ValueError("it is too short")
    return key


def signed(key: bytes, call: str, seconds: int, body: bytes) -> Mapping[str, str]:
    """Return the header's fields. ``seconds`` is the time, since 1970."""
    said = f"{call}.{seconds}.".encode() + body
    mark = b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": call,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{mark}",
    }
