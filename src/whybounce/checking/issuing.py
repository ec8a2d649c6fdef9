"""From a server's certificate to an authority that is vouched for. RFC 5280 §6, as far as DANE needs.

The certificates may stand in any order, with others between them (RFC 5246 §7.4.2 is often broken).
What is checked on the way: signatures, dates, who may issue, how far, and for what.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from whybounce.checking.certificates import dns_names, shown

Extension = TypeVar("Extension", bound=x509.ExtensionType)

_LONGEST_PATH = 10
_MOST_SIGNATURES = 100  # Checked for one server: a chain made to branch costs no more.
_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.NameConstraints,
    x509.CertificatePolicies,
)


class Flaw(StrEnum):
    """Why a path does not hold."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NOT_ALLOWED = "not-allowed"  # Somebody issued what they must not.


@dataclass(frozen=True, slots=True)
class Flawed:
    """What is wrong, in words."""

    flaw: Flaw
    why: str


Path = tuple[x509.Certificate, ...]
"""A server's certificate, its issuer's, that one's issuer's, ….

Where the last of them is not the authority's own, the authority is known by its key alone.
"""

IsAuthority = Callable[[x509.Certificate], bool]


def paths(
    own: x509.Certificate,
    others: Sequence[x509.Certificate],
    is_authority: IsAuthority,
    keys: Sequence[PublicKeyTypes] = (),
) -> Iterator[Path]:
    """Yield each way from the certificate to an authority, every signature on it good.

    Args:
        own: The server's own; it is never the authority, whatever vouches for it.
        others: What else there is, in any order.
        is_authority: Whether a certificate of the others is an authority's.
        keys: Authorities that are known by their keys alone.

    """
    left = [_MOST_SIGNATURES]

    def is_signed(certificate: x509.Certificate, key: PublicKeyTypes) -> bool:
        left[0] -= 1
        return left[0] >= 0 and _is_signed_by(certificate, key)

    def grow(path: Path) -> Iterator[Path]:
        last = path[-1]
        if len(path) > 1 and is_authority(last):
            yield path
            return
        if any(is_signed(last, key) for key in keys):
            yield path
        if len(path) >= _LONGEST_PATH:
            return
        for issuer in others:
            is_next = issuer.subject == last.issuer and issuer not in path
            if is_next and is_signed(last, issuer.public_key()):
                yield from grow((*path, issuer))

    yield from grow((own,))


def flaw_of(path: Path, now: datetime) -> Flawed | None:
    """Return the first thing that is wrong on the way, dates before all else."""
    for check in (_dates, _issuers, _purposes, _critical, _constraints):
        found = check(path, now)
        if found is not None:
            return found
    return None


def _dates(path: Path, now: datetime) -> Flawed | None:
    for each in path:
        if now > each.not_valid_after_utc:
            return Flawed(Flaw.EXPIRED, f"expired: {shown(each)}")
    for each in path:
        if now < each.not_valid_before_utc:
            return Flawed(Flaw.NOT_YET_VALID, f"not valid yet: {shown(each)}")
    return None


def _issuers(path: Path, _now: datetime) -> Flawed | None:
    for depth, issuer in enumerate(path[1:]):  # So many intermediates stand below each.
        basic = _extension(issuer, x509.BasicConstraints)
        usage = _extension(issuer, x509.KeyUsage)
        may_issue = basic is not None and basic.ca and (usage is None or usage.key_cert_sign)
        if not may_issue:
            return Flawed(Flaw.NOT_ALLOWED, f"may not issue certificates: {shown(issuer)}")
        below = sum(1 for each in path[1 : depth + 1] if each.subject != each.issuer)
        if basic is not None and basic.path_length is not None and below > basic.path_length:
            return Flawed(
                Flaw.NOT_ALLOWED, f"its path is longer than {basic.path_length}: {shown(issuer)}"
            )
    return None


def _purposes(path: Path, _now: datetime) -> Flawed | None:
    """RFC 5280 §4.2.1.12: who names purposes must name that of a server."""
    wanted = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    for each in path:
        purposes = _extension(each, x509.ExtendedKeyUsage)
        if purposes is not None and not wanted & set(purposes):
            return Flawed(Flaw.NOT_ALLOWED, f"not meant for servers: {shown(each)}")
    return None


def _critical(path: Path, _now: datetime) -> Flawed | None:
    """RFC 5280 §4.2: what is critical and not understood ends it."""
    for each in path:
        for extension in each.extensions:
            if extension.critical and not isinstance(extension.value, _UNDERSTOOD):
                oid = extension.oid.dotted_string
                return Flawed(Flaw.NOT_ALLOWED, f"demands what is not known ({oid}): {shown(each)}")
    return None


def _constraints(path: Path, _now: datetime) -> Flawed | None:
    """RFC 5280 §4.2.1.10, for DNS names, which are all that is asked of a mail server."""
    names = dns_names(path[0])
    for issuer in path[1:]:
        limits = _extension(issuer, x509.NameConstraints)
        if limits is None:
            continue
        allowed = _domains(limits.permitted_subtrees)
        barred = _domains(limits.excluded_subtrees)
        for name in names:
            if any(_is_within(name, each) for each in barred) or (
                allowed and not any(_is_within(name, each) for each in allowed)
            ):
                return Flawed(Flaw.NOT_ALLOWED, f"may not issue for {name}: {shown(issuer)}")
    return None


def _domains(subtrees: list[x509.GeneralName] | None) -> list[str]:
    return [each.value.lower() for each in subtrees or () if isinstance(each, x509.DNSName)]


def _is_within(name: str, domain: str) -> bool:
    domain = domain.lstrip(".")
    return name == domain or name.endswith(f".{domain}") or not domain


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_signed_by(certificate: x509.Certificate, key: PublicKeyTypes) -> bool:
    signature, signed = certificate.signature, certificate.tbs_certificate_bytes
    try:
        parameters = certificate.signature_algorithm_parameters
        hashing = certificate.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and not isinstance(parameters, ec.ECDSA):
            if parameters is None or hashing is None:
                return False
            key.verify(signature, signed, parameters, hashing)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
