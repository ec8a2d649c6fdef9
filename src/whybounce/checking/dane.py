"""Does a server show what its TLSA records vouch for? RFC 7671, RFC 7672.

Rule 1: usage 3 names the server's own key; its names and dates do not count (RFC 7671 §5.1).
Rule 2: usage 2 names an authority, which is never the server's own certificate. What it issued must be
in date and carry one of the names (RFC 7671 §5.2, RFC 7672 §3.1.2).
Rule 3: one record that fits is enough. Of digests of one kind only the strongest counts (RFC 7671 §9).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from whybounce.checking.certificates import is_for, loaded, shown
from whybounce.checking.issuing import Flaw, flaw_of, paths
from whybounce.checking.tlsa import Matching, Selector, Tlsa, Usage


class DaneFault(StrEnum):
    """Why the server is not the one that is vouched for. The gravest that can be told."""

    EXPIRED = "expired"
    NAME = "name"
    NOT_YET_VALID = "not-yet-valid"
    NO_MATCH = "no-match"


@dataclass(frozen=True, slots=True)
class DaneFinding:
    """What came of comparing."""

    fault: DaneFault | None  # None: the server is the right one.
    evidence: str  # What was compared, in one line.
    record: Tlsa | None = None  # Which fits, or came nearest to it.


_HASHES = {Matching.SHA256: hashlib.sha256, Matching.SHA512: hashlib.sha512}
# Whoever mends what stands first has the rest to mend after it.
_NEAREST_FIRST = (DaneFault.EXPIRED, DaneFault.NOT_YET_VALID, DaneFault.NAME, DaneFault.NO_MATCH)


def judge(
    records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime
) -> DaneFinding:
    """Return whether the certificates are those that the records vouch for.

    Args:
        records: At least one that is usable.
        chain: The server's certificates as it sent them, DER, its own first.
        names: What it may be called: the host that the records were found for, and the domain.
        now: The time that must be within the certificates' dates.

    """
    considered = strongest(record for record in records if record.is_usable)
    certificates = loaded(chain)
    if not chain or not certificates or _encoded(certificates[0]) != chain[0]:
        return DaneFinding(DaneFault.NO_MATCH, "the server shows no certificate that can be read")
    own, others = certificates[0], certificates[1:]
    findings = []
    for record in considered:
        if record.usage == Usage.DANE_EE:
            found = _as_server(record, own)
        else:
            found = _as_authority(record, own, others, names, now)
        if found.fault is None:
            return found
        findings.append(found)
    return min(
        findings,
        key=lambda each: _NEAREST_FIRST.index(each.fault or DaneFault.NO_MATCH),
        default=DaneFinding(DaneFault.NO_MATCH, "no TLSA record is usable"),
    )


def strongest(records: Iterable[Tlsa]) -> tuple[Tlsa, ...]:
    """Return the records without those whose kind has a stronger digest: RFC 7671 §9."""
    kept = tuple(dict.fromkeys(records))
    best: dict[tuple[int, int], int] = {}
    for each in kept:
        kind = (each.usage, each.selector)
        best[kind] = max(best.get(kind, 0), each.matching)
    return tuple(
        each for each in kept if each.matching in (Matching.EXACT, best[each.usage, each.selector])
    )


def _as_server(record: Tlsa, own: x509.Certificate) -> DaneFinding:
    if _fits(record, own):
        return DaneFinding(None, str(shown(own)), record)
    return DaneFinding(
        DaneFault.NO_MATCH,
        f"{shown(own)} has {_value(record, own)}, and the record says {record}",
        record,
    )


def _as_authority(
    record: Tlsa,
    own: x509.Certificate,
    others: Sequence[x509.Certificate],
    names: Sequence[str],
    now: datetime,
) -> DaneFinding:
    given, keys = _given(record)
    finding: DaneFinding | None = None
    for path in paths(own, (*others, *given), lambda each: _fits(record, each), keys):
        flawed = flaw_of(path, now)
        if flawed is None and is_for(own, names):
            return DaneFinding(None, str(shown(own)), record)
        if flawed is None:
            evidence = f"{' or '.join(names)} is none of the names of the {shown(own)}"
            finding = DaneFinding(DaneFault.NAME, evidence, record)
        elif finding is None:
            finding = DaneFinding(_FAULTS[flawed.flaw], flawed.why, record)
    if finding is not None:
        return finding
    return DaneFinding(
        DaneFault.NO_MATCH,
        f"{shown(own)} was not issued by the authority of the record {record}",
        record,
    )


_FAULTS = {
    Flaw.EXPIRED: DaneFault.EXPIRED,
    Flaw.NOT_YET_VALID: DaneFault.NOT_YET_VALID,
    Flaw.NOT_ALLOWED: DaneFault.NO_MATCH,
}


def _given(record: Tlsa) -> tuple[tuple[x509.Certificate, ...], tuple[PublicKeyTypes, ...]]:
    """Return an authority that the record holds whole, which the server need not send."""
    if record.matching != Matching.EXACT:
        return (), ()
    if record.selector == Selector.CERTIFICATE:
        return loaded([record.data]), ()
    return (), (load_der_public_key(record.data),)


def _fits(record: Tlsa, certificate: x509.Certificate) -> bool:
    return _associated(record, certificate) == record.data


def _associated(record: Tlsa, certificate: x509.Certificate) -> bytes:
    """Return what the record would have to say for the certificate."""
    octets = _encoded(certificate)
    if record.selector == Selector.PUBLIC_KEY:
        octets = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    matching = Matching(record.matching)
    return _HASHES[matching](octets).digest() if matching in _HASHES else octets


def _value(record: Tlsa, certificate: x509.Certificate) -> str:
    """Return what stands in the record if the administrator mends it."""
    return str(
        Tlsa(record.usage, record.selector, record.matching, _associated(record, certificate))
    )


def _encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
