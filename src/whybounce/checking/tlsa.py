"""TLSA records: which keys or certificates a server's domain vouches for. RFC 6698, RFC 7671."""

from dataclasses import dataclass
from enum import IntEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from whybounce.checking.lookups import Absence, Asking, Records

_MOST = 64  # Records of a name that are looked at; nobody needs more to roll keys over.


class Usage(IntEnum):
    """Whom a record names. The two that lean on public authorities are of no use by SMTP."""

    PKIX_TA = 0
    PKIX_EE = 1
    DANE_TA = 2  # An authority whose certificates are good.
    DANE_EE = 3  # The server itself; neither names nor dates count.


class Selector(IntEnum):
    """What of a certificate is compared."""

    CERTIFICATE = 0
    PUBLIC_KEY = 1


class Matching(IntEnum):
    """How it is compared. The higher number is the stronger digest."""

    EXACT = 0
    SHA256 = 1
    SHA512 = 2


_DIGEST_OCTETS = {Matching.SHA256: 32, Matching.SHA512: 64}
_USABLE = frozenset({Usage.DANE_TA, Usage.DANE_EE})  # RFC 7672 §3.1.


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One record, as it was published."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        """Return it as a zone file has it, long data cut."""
        written = self.data.hex()
        shown = written if len(written) <= 128 else f"{written[:125]}..."
        return f"{self.usage} {self.selector} {self.matching} {shown}"

    @property
    def is_usable(self) -> bool:
        """Whether SMTP can use it: RFC 7672 §3.1, RFC 7671 §4.1 and §10.1.1."""
        try:
            usage, matching = Usage(self.usage), Matching(self.matching)
            selector = Selector(self.selector)
        except ValueError:
            return False
        if usage not in _USABLE:
            return False
        if matching in _DIGEST_OCTETS:
            return len(self.data) == _DIGEST_OCTETS[matching]
        return _is_encoded(selector, self.data)


@dataclass(frozen=True, slots=True)
class TlsaAnswer:
    """What the DNS vouches for.

    Without records there is no DANE; where ``trouble`` says why, nobody knows whether there is.
    """

    base: str  # The host the records were asked for; TLS is asked for by that name.
    name: str  # Where they stand: ``_25._tcp.mx.example.org``.
    records: tuple[Tlsa, ...] = ()
    trouble: Records | None = None


async def tlsa_of(base: str, port: int, resolver: Asking) -> TlsaAnswer:
    """Return the records of that host and port. Only such as are validated count: RFC 7672 §2.2."""
    name = f"_{port}._tcp.{base}"
    found = await resolver.records(name, "TLSA")
    if found.absence in (Absence.FAILED, Absence.BOGUS):
        return TlsaAnswer(base, name, trouble=found)
    if not found.secure:
        return TlsaAnswer(base, name)
    return TlsaAnswer(base, name, tuple(map(parsed, found.values[:_MOST])))


def parsed(written: str) -> Tlsa:
    """Return the record of ``3 1 1 0123abcd…``, as a zone file and dnspython write it."""
    usage, selector, matching, *data = written.split()
    return Tlsa(int(usage), int(selector), int(matching), bytes.fromhex("".join(data)))


def _is_encoded(selector: Selector, data: bytes) -> bool:
    try:
        if selector is Selector.CERTIFICATE:
            x509.load_der_x509_certificate(data).public_key()
        else:
            load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True
