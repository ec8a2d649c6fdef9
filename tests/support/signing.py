"""Mails signed for tests: by dkimpy, with keys made once."""

import base64
import functools
from dataclasses import dataclass

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

MAIL = (
    b"From: Anna <anna@contoso.example>\r\nTo: ben@example.org\r\nSubject: Minutes\r\n"
    b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@contoso.example>\r\n"
    b"\r\nSee  below. \r\n\r\nAnna\r\n\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key pair as a signer and as the DNS want it."""

    private: bytes  # PEM, PKCS#1.
    record: str


def pair(bits: int = 1024) -> Pair:
    """Return the key of that many bits; the same each time, for making one takes a while."""
    return _made(bits)


@functools.cache
def _made(bits: int) -> Pair:
    key: RSAPrivateKey = generate_private_key(65537, bits)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return Pair(private, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


def signed(
    mail: bytes = MAIL,
    *,
    domain: str = "contoso.example",
    selector: str = "s1",
    form: str = "relaxed/relaxed",
    bits: int = 1024,
    **more: object,
) -> bytes:
    """Return the mail with a DKIM signature above it."""
    header, body = form.split("/")
    field = dkim.sign(
        mail,
        selector.encode(),
        domain.encode(),
        pair(bits).private,
        canonicalize=(header.encode(), body.encode()),
        **more,
    )
    return field + mail


def sealed(mail: bytes, *, by: str, selector: str = "arc", results: str) -> bytes:
    """Return the mail with an ARC set above it, and the Authentication-Results it took over."""
    told = f"Authentication-Results: {by}; {results}\r\n".encode() + mail
    fields = dkim.arc_sign(told, selector.encode(), by.encode(), pair().private, by.encode())
    return b"".join(fields) + told
