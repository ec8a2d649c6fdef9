"""A server's certificate: what it is called, until when it holds, and how people are told of it."""

import ssl
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

_LONGEST_NAME = 64  # Characters of a stranger's name that are shown.
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told of a certificate."""

    subject: str
    issuer: str
    names: tuple[str, ...]  # Its DNS names.
    begins: datetime
    ends: datetime

    def __str__(self) -> str:
        """Return it in one line."""
        names = ", ".join(self.names[:_MOST_NAMES]) or "no DNS name"
        return (
            f'certificate "{self.subject}" for {names}, issued by "{self.issuer}",'
            f" valid from {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d}"
        )


def shown_by(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the peer's certificates as it sent them, DER. Public from Python 3.13 on."""
    own = connection.getpeercert(binary_form=True)
    if own is None:
        return ()
    if hasattr(connection, "get_unverified_chain"):
        return tuple(connection.get_unverified_chain())
    inner: Any = getattr(connection, "_sslobj", None)  # The only way before 3.13.
    if not hasattr(inner, "get_unverified_chain"):
        return (own,)
    return tuple(
        ssl.PEM_cert_to_DER_cert(certificate.public_bytes())
        for certificate in inner.get_unverified_chain()
    )


def loaded(chain: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """Return the certificates that can be read; the first of the chain may be missing then."""
    read = []
    for octets in chain:
        try:
            certificate = x509.load_der_x509_certificate(octets)
            certificate.public_key()
            _ = certificate.extensions
        except Exception:  # noqa: BLE001, S112  # cryptography raises many kinds for what strangers encode
            continue
        read.append(certificate)
    return tuple(read)


def shown(certificate: x509.Certificate) -> Shown:
    """Return what is told of it."""
    return Shown(
        subject=_called(certificate.subject),
        issuer=_called(certificate.issuer),
        names=tuple(map(_harmless, dns_names(certificate))),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
    )


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names it was issued for, in lower case.

    The common name counts only where there are none: RFC 7672 §3.2.3 with RFC 6125 §6.4.4.
    """
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        names = _common_names(certificate.subject)
    else:
        names = extension.value.get_values_for_type(x509.DNSName) or _common_names(
            certificate.subject
        )
    return tuple(name.lower().rstrip(".") for name in names)


def is_for(certificate: x509.Certificate, names: Iterable[str]) -> bool:
    """Return whether it was issued for one of the names; no ``*`` stands for a registry's domains."""
    own = [each for each in dns_names(certificate) if each[:1] != "*" or each.count(".") > 1]
    return any(covers(pattern, name.lower()) for name in names for pattern in own)


def covers(pattern: str, name: str) -> bool:
    """Return whether the name is the pattern's; ``*`` stands for its whole first label only."""
    if not pattern.startswith("*."):
        return pattern == name
    _, dot, parent = name.partition(".")
    return bool(dot) and parent == pattern[2:]


def _common_names(name: x509.Name) -> list[str]:
    return [str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _called(name: x509.Name) -> str:
    """Return a short name for people: the common name, else the organisation's, else all of it."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        attributes = name.get_attributes_for_oid(oid)
        if attributes:
            return _harmless(str(attributes[0].value))
    return _harmless(name.rfc4514_string()) or "nobody"


def _harmless(text: str) -> str:
    """Return a stranger's words such that they cannot pass for ours: cut, and letters in between."""
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LN" or letter in " .*-_@&',/:" else "?"
        for letter in text[:_LONGEST_NAME]
    )
    return kept if len(text) <= _LONGEST_NAME else f"{kept}…"
