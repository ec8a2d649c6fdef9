"""Certificates for the world's servers, right or wrong as a condition has it, made anew at each start.

Their authority is the world's own: the demonstration trusts it beside the machine's, nobody else does.
"""

import hashlib
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

_MONTH, _DAY = timedelta(days=30), timedelta(days=1)


class Shown(StrEnum):
    """What a server shows of itself."""

    GOOD = "good"
    EXPIRED = "expired"
    ANOTHERS = "anothers"  # It has another server's name.


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues certificates, valid around the time it began."""

    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def tlsa(self) -> str:
        """The SHA-256 digest of its public key, as records ``2 1 1`` have it (RFC 6698 §2.1)."""
        public = self._key.public_key()
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(octets).hexdigest()

    @property
    def pem(self) -> bytes:
        """Its own certificate, for those who are to trust it."""
        return self._own().public_bytes(Encoding.PEM)

    def context(self, names: Sequence[str], shown: Shown = Shown.GOOD) -> ssl.SSLContext:
        """Return what a server of these names shows, the authority's own certificate behind."""
        key = ec.generate_private_key(ec.SECP256R1())
        called = ("another.example",) if shown is Shown.ANOTHERS else tuple(names)
        ends = self._began - _DAY if shown is Shown.EXPIRED else self._began + _MONTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_called(called[0]))
            .issuer_name(_called(_NAME))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._began - _MONTH)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in called]),
                critical=False,
            )
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # OpenSSL reads files alone.
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.write(certificate.public_bytes(Encoding.PEM) + self.pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _own(self) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_called(_NAME))
            .issuer_name(_called(_NAME))
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(self._began - 2 * _MONTH)
            .not_valid_after(self._began + 2 * _MONTH)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_MAY_SIGN, critical=True)
        )
        return builder.sign(self._key, hashes.SHA256())


_NAME = "The demonstration's authority"
_MAY_SIGN = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
