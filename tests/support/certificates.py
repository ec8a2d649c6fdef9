"""Certificates with every fault a server's may have, and authorities to issue them."""

import hashlib
import ssl
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TODAY = datetime.now(UTC).replace(microsecond=0)  # Others look at their own clocks.
_YEAR = timedelta(days=365)
_SERVERS = (ExtendedKeyUsageOID.SERVER_AUTH,)


@dataclass(frozen=True)
class Certified:
    """A certificate, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The certificate's octets."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def public_key(self) -> bytes:
        """The public key's octets."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def tlsa(self, usage: int, selector: int, matching: int) -> str:
        """Return the record that vouches for it."""
        octets = self.public_key if selector else self.der
        hashed = {0: octets.hex(), 1: hashlib.sha256(octets).hexdigest()}
        return f"{usage} {selector} {matching} " + hashed.get(
            matching, hashlib.sha512(octets).hexdigest()
        )


def issued(
    name: str,
    by: Certified | None = None,
    *,
    names: Sequence[str] | None = None,
    begins: datetime = TODAY - _YEAR,
    ends: datetime = TODAY + _YEAR,
    authority: bool = False,
    path_length: int | None = None,
    purposes: Iterable[x509.ObjectIdentifier] | None = None,
    may_sign: bool = True,
    only_for: str | None = None,
    critical: x509.ExtensionType | None = None,
) -> Certified:
    """Return a certificate; its own issuer, where nobody else is."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
    )
    if authority:
        signs = may_sign
        usage = x509.KeyUsage(False, False, False, False, False, signs, True, False, False)  # noqa: FBT003  # X.509's order
        builder = builder.add_extension(usage, critical=True)
    else:
        purposes = _SERVERS if purposes is None else purposes
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    given = ([] if authority else [name]) if names is None else names
    if given:
        alternative = x509.SubjectAlternativeName(list(map(x509.DNSName, given)))
        builder = builder.add_extension(alternative, critical=False)
    if only_for is not None:
        limits = x509.NameConstraints([x509.DNSName(only_for)], None)
        builder = builder.add_extension(limits, critical=True)
    if critical is not None:
        builder = builder.add_extension(critical, critical=True)
    return Certified(builder.sign(by.key if by else key, hashes.SHA256()), key)


@cache
def root() -> Certified:
    """Return an authority that nobody trusts unless told to."""
    return issued("Test Root", authority=True)


def serving(*chain: Certified) -> ssl.SSLContext:
    """Return a server's context that shows these, its own first, in that order."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own = chain[0]
    pem = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem += b"".join(each.certificate.public_bytes(Encoding.PEM) for each in chain)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context
